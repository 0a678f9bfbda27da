/** What graphql-js says of a value with the value in it, and what is left to say without. */
const QUOTING: readonly (readonly [RegExp, string])[] = [
  [/^(.+ cannot represent [\w\s-]*value): [^]*$/, '$1.'],
  [/^Value "[^]*" does not exist in ("\w+" enum\.)[^]*$/, 'The value does not exist in $1'],
  [/^(Expected value of type "[^"]+"), found (?!null\.$)[^]*$/, '$1.'],
  [/^(Argument "\w+" has invalid value) [^]*$/, '$1.'],
  [/^(Variable "\$\w+" got invalid value) [^]*$/, '$1.'],
  [/^(Syntax Error: [^"]*\b(?:Name|Int|Float|String|BlockString)) "[^]*$/, '$1.'],
  [/^(Syntax Error: Expected "[^"\s]+", found \w+) "[^]*$/, '$1.'],
  [/^(Syntax Error: [\w ,]+?)(?: but got)?: [^]*$/, '$1.'],
];

/**
 * The message of an error of the engine without what was sent, which may be a password that stands in
 * the wrong place; the rule and the names of the schema stay.
 */
export function withoutQuotedValue(message: string): string {
  return QUOTING.reduce((said, [quoting, rest]) => said.replace(quoting, rest), message);
}
