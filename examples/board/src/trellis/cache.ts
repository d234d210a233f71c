/** Apollo Client's cache, with a rule for every type of the schema. */
import { InMemoryCache } from "@apollo/client";
import type { FieldFunctionOptions, FieldPolicy, TypePolicies } from "@apollo/client/cache";
import { relayStylePagination } from "@apollo/client/utilities";

import generated from "../generated/possible-types";
import { type Rules, rules } from "../generated/rules";

export function newCache(): InMemoryCache {
  const cache = new InMemoryCache({ possibleTypes: generated.possibleTypes, typePolicies: policies() });
  cache.policies.addTypePolicies({
    Query: {
      fields: {
        // What a list has brought is found by its id without asking again.
        task: byId("Task"),
        team: byId("Team"),
        organization: byId("Organization"),
        document: byId("Document"),
      },
    },
    // There is one viewer, without an id: what different queries ask of it belongs together.
    Viewer: { keyFields: [] },
  });
  return cache;
}

function policies(): TypePolicies {
  return Object.fromEntries(Object.entries(rules).map(([type, rule]) => [type, policyOf(rule)]));
}

function policyOf({ hasId, lists, arrays }: Rules) {
  const fields: Record<string, FieldPolicy> = {};
  for (const [field, keyArgs] of Object.entries(lists)) fields[field] = pagesOf(keyArgs);
  // An array is what the newest answer says.
  for (const field of arrays) fields[field] = { merge: false };
  // What has no id is part of what it stands in: what two queries ask of it is kept together.
  return hasId ? { fields } : { fields, merge: true };
}

/** The pages of a list are joined, by their edges; a list with another filter or order is another list. */
function pagesOf(keyArgs: string[]): FieldPolicy {
  const { merge, read } = relayStylePagination(keyArgs);
  return {
    keyArgs,
    merge,
    read: (known, options) => {
      const list = typeof read === "function" && read(known, options);
      // Apollo's helper takes a list of which a query has asked for `nodes` only for one without edges.
      return list && !list.edges?.length && known.nodes?.length ? { ...list, edges: undefined } : list || undefined;
    },
  };
}

function byId(typename: string): FieldPolicy {
  return {
    read: (known: unknown, { args, toReference }: FieldFunctionOptions) => {
      const id = args?.["id"] ?? args?.["by"]?.id;
      return known === undefined && id ? toReference({ __typename: typename, id }) : known;
    },
  };
}
