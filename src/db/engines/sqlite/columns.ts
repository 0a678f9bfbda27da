import type Connection from 'libsql';

/**
 * What `make` makes of the columns of a prepared statement. SQLite prepares `SELECT *` anew where another
 * process has added a column, as a newer release does: then a row has more cells than before.
 */
export function ofColumns<T>(
  connection: Connection.Database,
  sql: string,
  columns: readonly Connection.ColumnDefinition[],
  make: (columns: readonly Connection.ColumnDefinition[]) => T,
): (row: readonly unknown[] | undefined) => T {
  let width = columns.length;
  let made = make(columns);
  return (row) => {
    if (row !== undefined && row.length !== width) {
      const current = connection.prepare(sql).columns();
      width = current.length;
      made = make(current);
    }
    return made;
  };
}
