import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AST, RegExpParser, visitRegExpAST } from '@eslint-community/regexpp';
import ts from 'typescript';

/** A regular expression of the source, with where it stands. */
export interface Expression {
  readonly where: string;
  readonly pattern: RegExp;
}

/** Every regular expression that is written as one in the files of a folder. */
export function expressionsIn(folder: string): readonly Expression[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('generated'))
    .sort();
  return files.flatMap((file) => expressionsOf(folder, file));
}

function expressionsOf(folder: string, file: string): Expression[] {
  const text = readFileSync(join(folder, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Expression[] = [];
  const search = (node: ts.Node) => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      const pattern = new RegExp(node.text.slice(1, end), node.text.slice(end + 1));
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push({ where: `${file}:${line + 1} ${node.text}`, pattern });
    }
    ts.forEachChild(node, search);
  };
  search(source);
  return found;
}

/** Characters of every kind that an expression tells apart. */
const CHARACTERS = [
  'a',
  'A',
  '1',
  '0',
  ' ',
  '-',
  '.',
  '_',
  '/',
  '"',
  "'",
  '\n',
  '\r\n',
  '\0',
  'é',
  '$',
];

/** Texts that make an expression take long if anything does: what it looks for, over and over. */
export function attacksOn({ source, flags }: RegExp): readonly ((length: number) => string)[] {
  const u = /[uv]/.test(flags);
  const { alternatives } = new RegExpParser().parsePattern(source, 0, source.length, {
    unicode: u,
  });
  const pieces = new Set<string>();
  const heads = new Set(['']);
  for (const alternative of alternatives) addPieces(alternative, { pieces, heads, flags });
  const tails = ['', '!', '\n!', 'a'];
  return [...pieces].flatMap((piece) =>
    [...heads].flatMap((head) =>
      tails.map(
        (tail) => (length: number) => head + piece.repeat(Math.ceil(length / piece.length)) + tail,
      ),
    ),
  );
}

interface Attack {
  readonly pieces: Set<string>;
  readonly heads: Set<string>;
  readonly flags: string;
}

/** Adds what each part of an alternative looks for, and what stands before it. */
function addPieces(alternative: AST.Alternative, attack: Attack): void {
  let literal = '';
  const flush = () => {
    if (literal !== '') attack.pieces.add(literal);
    literal = '';
  };
  visitRegExpAST(alternative, {
    onCharacterEnter: ({ value, parent }) => {
      if (parent.type === 'Alternative') literal += String.fromCodePoint(value);
      else if (parent.type === 'Quantifier') attack.pieces.add(String.fromCodePoint(value));
    },
    onQuantifierEnter: ({ element, max, raw }) => {
      flush();
      if (max < 2) return;
      const sample = sampleOf(element, attack.flags);
      if (sample) attack.pieces.add(sample);
      const before = alternative.raw.slice(0, Math.max(0, alternative.raw.indexOf(raw)));
      const head = literalsOf(before);
      if (head) attack.heads.add(head);
    },
    onCharacterSetEnter: flush,
    onCharacterClassEnter: flush,
  });
  flush();
  const whole = sampleOf(alternative, attack.flags);
  if (whole) attack.pieces.add(whole);
}

/** A text that an element matches as a whole. */
function sampleOf(node: AST.Element | AST.Alternative, flags: string): string | undefined {
  if (node.type === 'Alternative') {
    const parts = node.elements.map((element) => sampleOf(element, flags));
    return parts.map((part) => part ?? '').join('');
  }
  switch (node.type) {
    case 'Character':
      return String.fromCodePoint(node.value);
    case 'CharacterClass':
    case 'CharacterSet': {
      const pattern = new RegExp(`^(?:${node.raw})$`, flags.replace(/[gy]/g, ''));
      return CHARACTERS.find((character) => pattern.test(character));
    }
    case 'Group':
    case 'CapturingGroup':
      return node.alternatives[0] && sampleOf(node.alternatives[0], flags);
    case 'Quantifier':
      return node.max === 0
        ? ''
        : (sampleOf(node.element, flags) ?? '').repeat(Math.max(1, node.min));
    case 'Assertion':
    case 'Backreference':
    case 'ExpressionCharacterClass':
      return '';
  }
}

/** The characters of a piece of a pattern that stand for themselves. */
function literalsOf(raw: string): string {
  return raw.replace(/\(\?(?:<\w+>|[:=!]|<[=!])|[\^()|]/g, '').replace(/\\([^\w])/g, '$1');
}
