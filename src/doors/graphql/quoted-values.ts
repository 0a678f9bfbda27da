/** The longest message of a fault; names in it may be as long as the request. */
const LONGEST = 300;

/**
 * How graphql-js begins a message that goes on with a value: what is kept of it. Each is a list of words and
 * names of the schema, and looks at the first characters of a message alone.
 */
const QUOTING: readonly RegExp[] = [
  /^(?:\w+|Enum "\w+") cannot represent [\w -]*value(?=: )/,
  /^Expected value of type "[^"]+"(?=, found (?!null\.$))/,
  /^Argument "\w+" has invalid value(?= )/,
  /^Variable "\$\w+" got invalid value(?= )/,
  /^Syntax Error: (?:Expected (?:\w+|"[^"\s]+"), found|Unexpected) \w+(?= ")/,
  /^Syntax Error: [\w ,]*?(?=(?: but got)?: )/,
];
const OF_ENUM = '" does not exist in "';

/**
 * The message of an error of the engine without what was sent, which may be a password that stands in
 * the wrong place; the rule and the names of the schema stay. Takes no longer for a longer message.
 */
export function withoutQuotedValue(message: string): string {
  // The one message that begins with the value.
  const told = message.startsWith('Value "') ? enumMessage(message) : message.slice(0, LONGEST + 1);
  for (const quoting of QUOTING) {
    const kept = quoting.exec(told)?.[0];
    if (kept !== undefined) return `${kept}.`;
  }
  return told.length > LONGEST ? `${told.slice(0, LONGEST)}…` : told;
}

/** What stands behind the value is of the schema, so the last of these words are the engine's own. */
function enumMessage(message: string): string {
  const [name] = message.slice(message.lastIndexOf(OF_ENUM)).slice(OF_ENUM.length).split('"', 1);
  return `The value does not exist in "${name}" enum.`;
}
