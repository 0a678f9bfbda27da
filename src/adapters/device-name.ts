import Bowser from 'bowser';
import { bytesOfTexts, createCache } from './cache.ts';

declare const named: unique symbol;
/** A name of a device that was put together from the lists of the parser: nothing of it is the client's own text. */
export type DeviceName = string & { readonly [named]: true };

// What the parser finds no name for it answers in the words of the client.
const BROWSERS: ReadonlySet<string> = new Set(Object.values(Bowser.BROWSER_MAP));
const SYSTEMS: ReadonlySet<string> = new Set(Object.values(Bowser.OS_MAP));
/** Longer than what any browser sends. */
const MAX_LENGTH = 512;

const known = createCache<{ readonly name: DeviceName | undefined }>({
  entries: 500,
  bytes: 1024 * 1024,
  bytesOf: ({ name }, key) => bytesOfTexts(key, name ?? ''),
});

/** The name of a device by its User-Agent, such as `Chrome on Windows`; undefined where it is not known. */
export function deviceName(userAgent: string | null | undefined): DeviceName | undefined {
  if (!userAgent) return undefined;
  const text = userAgent.slice(0, MAX_LENGTH);
  const remembered = known.get(text);
  if (remembered) return remembered.name;
  const name = readName(text);
  known.set(text, { name });
  return name;
}

function readName(userAgent: string): DeviceName | undefined {
  const parser = Bowser.getParser(userAgent);
  const browser = listed(parser.getBrowserName(), BROWSERS);
  const system = listed(parser.getOSName(), SYSTEMS);
  const parts = [browser, system].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : (parts.join(' on ') as DeviceName);
}

function listed(name: string | undefined, list: ReadonlySet<string>): string | undefined {
  return name !== undefined && list.has(name) ? name : undefined;
}
