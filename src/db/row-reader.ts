type Cell = (value: unknown) => unknown;

interface Column {
  readonly name: string;
  /** What a value is read by that is not null; undefined where it is right as it is. */
  readonly read: Cell | undefined;
}

/** The names of columns as SQL takes them. */
export function namesIn(columns: readonly Pick<Column, 'name'>[]): string {
  return columns.map(({ name }) => `"${name.replaceAll('"', '""')}"`).join(', ');
}

/** Makes a row of its cells. */
export function createRowReader(
  columns: readonly Column[],
): (cells: readonly unknown[]) => Record<string, unknown> {
  const empty = Object.fromEntries(columns.map(({ name }) => [name, null]));
  return (cells) => {
    // A copy of one object has its shape at once.
    const row: Record<string, unknown> = { ...empty };
    for (let i = 0; i < columns.length; i++) {
      const { name, read } = columns[i] as Column;
      const cell = cells[i];
      row[name] = read && cell !== null ? read(cell) : cell;
    }
    return row;
  };
}
