import { EscapedSpellings, escapedParts, isEscaped } from './escaped-words.js';
import { toMixedWords } from './mixed-words.js';

const term = (text: string, prefix = false): Parameters<EscapedSpellings['of']>[0] => ({
  kind: 'term',
  text,
  prefix,
});

describe('words of an index that stand for others', () => {
  it.each([
    ['u00fcber', true],
    ['U00DCber', true],
    ['u00e9', true],
    ['u7528api', true],
    ['u201cquoted', true],
    ['u0308ber', true],
    ['u0301', true],
    ['u7528', false],
    ['u201d', false],
    ['ud83d', false],
    ['under', false],
    ['über', false],
  ])('%s: %s', (word, expected) => {
    expect(isEscaped(word)).toBe(expected);
  });
});

describe('how a word may stand in an index of JSON', () => {
  const spellings = (words: readonly string[], text: string, prefix = false): readonly string[] =>
    new EscapedSpellings([toMixedWords(words), toMixedWords([])])
      .of(term(text, prefix))
      .map((spelling) => (spelling.prefix ? `${spelling.text}*` : spelling.text));

  const WORDS = ['u00fcber', 'u00dcber', 'u00fcberall', 'u00e9', 'u00e9e', 'u201ccafe', 'u7528api', 'u0301s'];

  it.each<readonly [string, boolean, readonly string[]]>([
    ['zebra', false, ['nzebra', 'tzebra', 'rzebra']],
    ['zebra', true, ['nzebra*', 'tzebra*', 'rzebra*']],
    ['uber', false, ['nuber', 'tuber', 'ruber', 'u00fcber', 'u00dcber']],
    ['uber', true, ['nuber*', 'tuber*', 'ruber*', 'u00fcber', 'u00dcber', 'u00fcberall']],
    ['api', false, ['napi', 'tapi', 'rapi', 'u7528api']],
    [
      'cafe',
      false,
      ['ncafe', 'tcafe', 'rcafe', 'u201ccafe', 'caf u00e9', 'ncaf u00e9', 'tcaf u00e9', 'rcaf u00e9'],
    ],
    [
      'cafee',
      false,
      ['ncafee', 'tcafee', 'rcafee']
        .concat(['', 'n', 't', 'r'].map((before) => `${before}caf u00e9e`))
        .concat(['u201ccafe u00e9', 'cafe u00e9', 'ncafe u00e9', 'tcafe u00e9', 'rcafe u00e9'])
        .concat(['', 'n', 't', 'r'].map((before) => `${before}caf u00e9 u00e9`)),
    ],
  ])('%s, which may go on: %s', (text, prefix, expected) => {
    expect(new Set(spellings(WORDS, text, prefix))).toEqual(new Set(expected));
  });

  it('is told as far as that are not too many', () => {
    const letters = ['u043f', 'u041f', 'u0440', 'u0420'];
    const ways = spellings(letters, 'пр'.repeat(20));
    expect(ways).toContain('u043f u0440 u041f u0440 u043f u0420');
    expect(ways.length).toBeLessThan(110);
  });

  it('is told once for each escape where many words begin so', () => {
    const words = Array.from({ length: 300 }, (_, at) => `${at % 2 === 0 ? 'u00f1' : 'u7684n'}ac${at}`);
    expect(new Set(spellings([...words, 'u00f1äp'], 'na', true))).toEqual(
      new Set(['nna*', 'tna*', 'rna*', 'u00f1a*', 'u7684na*', 'u00f1äp']),
    );
  });

  it('is told of a list by what was decoded of it before', () => {
    const list = toMixedWords(['u7528api']);
    const before = new EscapedSpellings([list]).of(term('api'));
    expect(before).toContainEqual(term('u7528api'));
    list.fill(0);
    expect(new EscapedSpellings([list]).of(term('api'))).toEqual(before);
  });

  it('is told of words of any length', () => {
    expect(spellings(['u00fcber'], `uber${'x'.repeat(2000)}`)).toHaveLength(3);
    expect(spellings([`u00fc${'x'.repeat(200)}`], `u${'x'.repeat(200)}`)).toHaveLength(4);
  });
});

describe('how a text may stand in an index of the parts of JSON', () => {
  const parts = (text: string): readonly string[] => escapedParts(term(text)).map((part) => part.text);

  it.each<readonly [string, readonly string[]]>([
    ['API', []],
    ['用API', ['\\u7528api']],
    ['é用', ['\\u00e9\\u7528', '\\u00c9\\u7528']],
    ['ß用', ['\\u00df\\u7528']],
    ['用\\户', ['用\\\\户', '\\u7528\\\\\\u6237']],
    ['🚀用', ['\\ud83d\\ude80\\u7528']],
  ])('%s', (text, expected) => {
    expect(new Set(parts(text))).toEqual(new Set(expected));
  });

  it('which of a long one with two cases is how it begins', () => {
    const ways = parts('приветмир用');
    expect(ways).toHaveLength(16);
    expect(ways).toContain('\\u041f\\u0440\\u0438\\u0412');
  });
});
