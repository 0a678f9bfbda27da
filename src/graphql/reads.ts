import {
  type FieldNode,
  getNamedType,
  type GraphQLField,
  type GraphQLResolveInfo,
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

/** What the selections of one field come to; a document is parsed once and asked many times. */
const known = new WeakMap<FieldNode, ReadonlySet<string> | 'all'>();

/**
 * The properties that the selections under a field read of every item of a type, wherever it is found
 * below: `all` where one of them does not say. What `@skip` and `@include` leave out counts as asked for.
 */
export function propertiesAsked(
  { fieldNodes, fragments, schema, parentType }: GraphQLResolveInfo,
  typeName: string,
): ReadonlySet<string> | 'all' {
  const [only] = fieldNodes;
  if (!only || fieldNodes.length > 1) return 'all';
  const before = known.get(only);
  if (before) return before;

  const asked = new Set<string>();
  let isKnown = true;
  const note = (field: GraphQLField<unknown, unknown>) => {
    const properties = readBy(field);
    if (properties === undefined) isKnown = false;
    for (const property of properties ?? []) asked.add(property);
  };
  const walk = (parentName: string, selections: SelectionSetNode | undefined): void => {
    const parent = schema.getType(parentName);
    if (!isObjectType(parent) && !isInterfaceType(parent)) return;
    for (const selection of selections?.selections ?? []) {
      if (selection.kind === Kind.FIELD) {
        const field = parent.getFields()[selection.name.value];
        // Only __typename is none of its type's.
        if (!field) continue;
        if (parentName === typeName) note(field);
        else walk(getNamedType(field.type).name, selection.selectionSet);
        continue;
      }
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection;
      // Within the type a fragment is of it, whatever interface it names.
      const condition = fragment?.typeCondition?.name.value ?? parentName;
      walk(parentName === typeName ? typeName : condition, fragment?.selectionSet);
    }
  };
  walk(parentType.name, { kind: Kind.SELECTION_SET, selections: [only] });

  const answer = isKnown ? asked : 'all';
  known.set(only, answer);
  return answer;
}

function readBy({ extensions }: GraphQLField<unknown, unknown>): readonly string[] | undefined {
  const own = extensions[READS] as readonly string[] | undefined;
  if (own) return own;
  const exposed = extensions['pothosExposedField'];
  return typeof exposed === 'string' ? [exposed] : undefined;
}
