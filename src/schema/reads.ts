import {
  type FieldNode,
  type FragmentSpreadNode,
  getNamedType,
  type GraphQLField,
  type GraphQLResolveInfo,
  type InlineFragmentNode,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';

/** The extension by which a field with a resolver of its own says which properties of its parent it reads. */
const READS = 'reads';

/** For the `extensions` of such a field. One that exposes a property says so by itself. */
export function reads<Row>(...properties: readonly (keyof Row & string)[]) {
  return { [READS]: properties };
}

/** Properties by name; `all` where some field does not say what it reads. */
type Properties = ReadonlySet<string> | 'all';

/** What the selections of one field come to; a document is parsed once and asked many times. */
const known = new WeakMap<FieldNode, Properties>();

/**
 * The properties that the selections under a field read of every item of a type, wherever it is found
 * below. What `@skip` and `@include` leave out counts as asked for.
 */
export function propertiesAsked(info: GraphQLResolveInfo, typeName: string): Properties {
  const [field] = info.fieldNodes;
  // A field that is asked for in two places is merged anew each time.
  if (!field || info.fieldNodes.length > 1) return 'all';
  const before = known.get(field);
  if (before) return before;
  const search: Search = { info, typeName, found: new Set(), spread: new Set(), isAll: false };
  searchField(search, info.parentType.name, field);
  const properties = search.isAll ? 'all' : search.found;
  known.set(field, properties);
  return properties;
}

interface Search {
  readonly info: Pick<GraphQLResolveInfo, 'schema' | 'fragments'>;
  readonly typeName: string;
  readonly found: Set<string>;
  /** Where which fragment was spread: however often it is there, it asks for the same. */
  readonly spread: Set<string>;
  isAll: boolean;
}

function searchSelections(search: Search, parent: string, set: SelectionSetNode | undefined): void {
  for (const selection of set?.selections ?? []) {
    if (selection.kind === Kind.FIELD) searchField(search, parent, selection);
    else searchFragment(search, parent, selection);
  }
}

function searchField(search: Search, parent: string, { name, selectionSet }: FieldNode): void {
  const type = search.info.schema.getType(parent);
  const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name.value] : null;
  // Only __typename is none of its type's.
  if (!field) return;
  if (parent !== search.typeName) {
    searchSelections(search, getNamedType(field.type).name, selectionSet);
    return;
  }
  const properties = propertiesReadBy(field);
  if (!properties) search.isAll = true;
  for (const property of properties ?? []) search.found.add(property);
}

function searchFragment(
  search: Search,
  parent: string,
  node: FragmentSpreadNode | InlineFragmentNode,
): void {
  const { typeName, spread, info } = search;
  if (node.kind === Kind.FRAGMENT_SPREAD) {
    const place = `${parent} ${node.name.value}`;
    if (spread.has(place)) return;
    spread.add(place);
  }
  const fragment = node.kind === Kind.FRAGMENT_SPREAD ? info.fragments[node.name.value] : node;
  // Within the type a fragment is of it, whatever interface it names.
  const condition = parent === typeName ? typeName : fragment?.typeCondition?.name.value;
  searchSelections(search, condition ?? parent, fragment?.selectionSet);
}

function propertiesReadBy({
  extensions,
}: GraphQLField<unknown, unknown>): readonly string[] | undefined {
  const own = extensions[READS] as readonly string[] | undefined;
  if (own) return own;
  const exposed = extensions['pothosExposedField'];
  return typeof exposed === 'string' ? [exposed] : undefined;
}
