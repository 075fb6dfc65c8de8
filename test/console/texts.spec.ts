import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { filesIn } from '../setup/compile.js';
import { ROOT } from '../support/root.js';

const SOURCES = join(ROOT, 'console/src');

/** Attributes that say something to programs alone. */
const TECHNICAL =
  /^(?:aria-(?:activedescendant|autocomplete|controls|current|describedby|expanded|haspopup|hidden|labelledby|live|orientation|selected)|auto[A-Z]\w*|class[Nn]ame|data-\w+|dir|href|htmlFor|id|inputMode|key|kind|language|lang|loading|method|name|popover(?:Target(?:Action)?)?|rel|role|scope|src|target|type|value)$/;

describe('texts of the console', () => {
  it('stand in no component', () => {
    const components = filesIn(SOURCES).filter((file) => file.endsWith('.tsx'));
    expect(components.length).toBeGreaterThan(40);
    expect(components.flatMap(textsIn)).toEqual([]);
  });

  it.each([
    ['<p>Some text</p>', ['Some text']],
    ['<p>{isOn ? "Off" : <b>{"On"}</b>}</p>', ['Off', 'On']],
    ['<p>{`${name} is here`}</p>', ['${name} is here']],
    ['<input aria-label="Name" placeholder={"Your name"} className="wide" />', ['Name', 'Your name']],
    ['<Field label="Name" title={isOn ? "On" : undefined} />', ['Name', 'On']],
    ['<p className={isOn ? "on" : "off"}>{name} – {"…"} 1 ×{texts().app.title}</p>', []],
  ])('are found where they do: %s', (source, found) => {
    expect(textsOf(parse('a.tsx', `const a = ${source};`))).toEqual(found);
  });
});

describe('the catalogues of the console', () => {
  const [english, chinese] = ['english', 'chinese'].map((name) => entriesOf(name));

  it('have the same texts, which are told the same', () => {
    expect(english?.size).toBeGreaterThan(250);
    expect([...(chinese?.keys() ?? [])]).toEqual([...(english?.keys() ?? [])]);
    expect([...(chinese?.values() ?? [])]).toEqual([...(english?.values() ?? [])]);
  });

  it.each(['english', 'chinese'])('say everything that they are told: %s', (name) => {
    const unsaid = [...entriesOf(name)].filter(([, { used, given }]) => used < given);
    expect(unsaid).toEqual([]);
  });

  it.each([
    ['english', 'en'],
    ['chinese', 'zh-Hans'],
  ])('have a form for each number of things: %s', (name, locale) => {
    const wanted = new Intl.PluralRules(locale).resolvedOptions().pluralCategories.toSorted();
    const forms = pluralsIn(catalogue(name));
    expect(forms.length).toBeGreaterThan(10);
    for (const found of forms) expect(found.toSorted()).toEqual(wanted);
  });
});

/** What a text of a catalogue is told, and how much of it it says. */
interface Entry {
  readonly given: number;
  readonly used: number;
}

function parse(file: string, source: string): ts.SourceFile {
  return ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
}

function textsIn(file: string): readonly string[] {
  return textsOf(parse(file, readFileSync(file, 'utf8'))).map(
    (text) => `${relative(SOURCES, file)}: ${text}`,
  );
}

/** Everything that a component says without a catalogue. */
function textsOf(root: ts.Node): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node)) add(node.text.trim());
    else if (ts.isJsxExpression(node) && node.expression !== undefined && isSaid(node))
      literalsOf(node.expression).forEach(add);
    else if (ts.isJsxAttribute(node) && node.initializer !== undefined && isSaid(node)) {
      if (ts.isStringLiteral(node.initializer)) add(node.initializer.text);
    }
    ts.forEachChild(node, visit);
  };
  const add = (text: string): void => {
    if (/\p{L}/u.test(text.replaceAll(/\$\{.*?\}/g, ''))) found.push(text);
  };
  visit(root);
  return found;
}

/** Whether what stands here is shown or read out, rather than meant for programs. */
function isSaid(node: ts.JsxAttribute | ts.JsxExpression): boolean {
  const attribute = ts.isJsxAttribute(node) ? node : node.parent;
  return !ts.isJsxAttribute(attribute) || !TECHNICAL.test(attribute.name.getText());
}

/** The texts that an expression may become, as far as they stand in it. */
function literalsOf(node: ts.Expression): readonly string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) return [node.getText().slice(1, -1)];
  if (ts.isParenthesizedExpression(node)) return literalsOf(node.expression);
  if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].flatMap(literalsOf);
  if (ts.isBinaryExpression(node)) {
    const isJoined = [ts.SyntaxKind.PlusToken, ts.SyntaxKind.BarBarToken].includes(node.operatorToken.kind);
    const isDefault = [ts.SyntaxKind.AmpersandAmpersandToken, ts.SyntaxKind.QuestionQuestionToken].includes(
      node.operatorToken.kind,
    );
    return isJoined || isDefault ? [node.left, node.right].flatMap(literalsOf) : [];
  }
  return [];
}

function catalogue(name: string): ts.Node {
  const file = join(SOURCES, 'language', `${name}.ts`);
  return parse(file, readFileSync(file, 'utf8'));
}

/** Every text of a catalogue by its path. */
function entriesOf(name: string): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  const visit = (node: ts.Expression, path: string): void => {
    if (ts.isAsExpression(node)) visit(node.expression, path);
    else if (ts.isObjectLiteralExpression(node))
      for (const property of node.properties) {
        const at = `${path}.${property.name?.getText() ?? ''}`;
        if (ts.isPropertyAssignment(property)) visit(property.initializer, at);
        else entries.set(at, { given: 1, used: 1 });
      }
    else if (ts.isArrayLiteralExpression(node))
      node.elements.forEach((element, at) => {
        visit(element, `${path}.${at}`);
      });
    else if (ts.isArrowFunction(node)) entries.set(path, entryOf(node));
    else entries.set(path, { given: 0, used: 0 });
  };
  const find = (node: ts.Node): void => {
    const isWhole = ts.isReturnStatement(node) && ts.isFunctionDeclaration(node.parent.parent);
    if (isWhole && node.expression !== undefined) visit(node.expression, '');
    ts.forEachChild(node, find);
  };
  find(catalogue(name));
  return entries;
}

function entryOf({ parameters, body }: ts.ArrowFunction): Entry {
  const names = parameters.map(({ name }) => name.getText());
  const used = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && names.includes(node.text)) used.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(body);
  return { given: names.length, used: used.size };
}

/** The plural categories of each text of a number of things. */
function pluralsIn(root: ts.Node): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText() === 'count') {
      const [, forms] = node.arguments;
      if (forms !== undefined && ts.isObjectLiteralExpression(forms))
        found.push(forms.properties.map((form) => form.name?.getText() ?? ''));
    }
    ts.forEachChild(node, visit);
  };
  visit(root);
  return found;
}
