import type remarkMath from 'remark-math';
import { useEffect, useState } from 'react';

/** Code blocks and inline code, in which dollars are literal. */
const CODE = /(^ {0,3}(?:```|~~~)[\s\S]*?(?:^ {0,3}(?:```|~~~)|$(?![\s\S]))|`[^`\n]*`)/m;

const BLOCK = /^[ \t]*\\\[([\s\S]+?)\\\][ \t]*$/gm;
const INLINE = /\\[([]([^\n]+?)\\[)\]]/g;

/** A formula between single dollars, without spaces inside and without a digit after it. The length limit keeps it inline. */
const SINGLE = /(?<![\\$\w])\$(?=[^\s$])([^$\n]{1,500})(?<=[^\s$\\])\$(?![\d$\w])/g;

/** Characters that prove that a text between dollars is a formula. */
const SIGN = /[\\^_=]/;

/** Rewrites a model's formulas as `$$…$$`. Models write `\(…\)`, `\[…\]` and `$…$`, but dollars also stand in front of prices. */
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

/** The Markdown plugin for formulas, loaded for the first text that needs it; undefined until then. */
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
