type Cell = (value: unknown) => unknown;
type Row = Record<string, unknown>;

interface Column {
  readonly name: string;
  /** What a value is read by that is not null; undefined where it is right as it is. */
  readonly read: Cell | undefined;
}

/** The name of a column as SQL takes it. */
export function nameIn({ name }: Pick<Column, 'name'>): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Makes a row of its cells. */
export function createRowReader(columns: readonly Column[]): (cells: readonly unknown[]) => Row {
  const empty = emptyRow(columns);
  return (cells) => {
    const row = { ...empty };
    for (let i = 0; i < columns.length; i++) {
      const { name, read } = columns[i] as Column;
      row[name] = readCell(read, cells[i]);
    }
    return row;
  };
}

/** Makes rows of all cells of each column. */
export function createRowsReader(
  columns: readonly Column[],
): (cells: readonly (readonly unknown[])[]) => Row[] {
  const empty = emptyRow(columns);
  return (cells) => {
    const rows = (cells[0] ?? []).map(() => ({ ...empty }));
    for (let i = 0; i < columns.length; i++) {
      const { name, read } = columns[i] as Column;
      const own = cells[i] as readonly unknown[];
      for (let k = 0; k < rows.length; k++) (rows[k] as Row)[name] = readCell(read, own[k]);
    }
    return rows;
  };
}

/** A copy of one object has its shape at once. */
function emptyRow(columns: readonly Column[]): Row {
  return Object.fromEntries(columns.map(({ name }) => [name, null]));
}

function readCell(read: Cell | undefined, cell: unknown): unknown {
  return read && cell !== null ? read(cell) : cell;
}
