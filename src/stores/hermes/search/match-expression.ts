import type { SearchExpression } from '../../../sessions/search/search-query.js';

/** FTS5's query language, in which every term is quoted, so that nothing typed can be taken for syntax. */
export function toMatchExpression(expression: SearchExpression): string {
  switch (expression.kind) {
    case 'term':
      return `"${expression.text.replaceAll('"', '""')}"${expression.prefix ? ' *' : ''}`;
    case 'not':
      return `(${toMatchExpression(expression.include)}) NOT (${toMatchExpression(expression.exclude)})`;
    default:
      return expression.operands
        .map((operand) =>
          operand.kind === 'term' ? toMatchExpression(operand) : `(${toMatchExpression(operand)})`,
        )
        .join(expression.kind === 'and' ? ' AND ' : ' OR ');
  }
}
