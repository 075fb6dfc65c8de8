import type remarkMath from 'remark-math';
import { useEffect, useState } from 'react';

/** Blocks and pieces of code, in which a dollar is a dollar. */
const CODE = /(^ {0,3}(?:```|~~~)[\s\S]*?(?:^ {0,3}(?:```|~~~)|$(?![\s\S]))|`[^`\n]*`)/m;

const BLOCK = /^[ \t]*\\\[([\s\S]+?)\\\][ \t]*$/gm;
const INLINE = /\\[([]([^\n]+?)\\[)\]]/g;

/** One dollar on each side, with no space inside and no digit behind; formulas within a line are not long. */
const SINGLE = /(?<![\\$\w])\$(?=[^\s$])([^$\n]{1,500})(?<=[^\s$\\])\$(?![\d$\w])/g;

/** What only formulas have between their dollars. */
const SIGN = /[\\^_=]/;

/** Writes the formulas of a text of a model as `$$…$$`: models write `\(…\)`, `\[…\]` and `$…$`, which also stand around prices. */
export function withMarkedFormulas(text: string): string {
  return text
    .split(CODE)
    .map((piece, at) =>
      at % 2 === 1
        ? piece
        : piece
            .replace(BLOCK, (_, formula: string) => `$$$$\n${formula.trim()}\n$$$$`)
            .replace(INLINE, (_, formula: string) => `$$$$${formula.trim()}$$$$`)
            .replace(SINGLE, (whole, formula: string) => (SIGN.test(formula) ? `$$$$${formula}$$$$` : whole)),
    )
    .join('');
}

/** Understands formulas in Markdown, once it is loaded; loaded for the first text that has one. */
export function useFormulas(isWanted: boolean): typeof remarkMath | undefined {
  const [plugin, setPlugin] = useState<{ readonly use: typeof remarkMath }>();
  useEffect(() => {
    if (!isWanted) return;
    let isOver = false;
    void import('remark-math').then(({ default: use }) => {
      if (!isOver) setPlugin({ use });
    });
    return () => {
      isOver = true;
    };
  }, [isWanted]);
  return plugin?.use;
}
