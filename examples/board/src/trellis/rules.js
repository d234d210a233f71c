/** A plugin of GraphQL Codegen: what a cache has to know of each type of the schema. */
import { getNamedType, getNullableType, isCompositeType, isListType, isObjectType } from "graphql";

const ROOTS = ["Query", "Mutation", "Subscription"];
const PAGING = ["first", "after", "last", "before"];

/** @param {import("graphql").GraphQLSchema} schema */
export function plugin(schema) {
  const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !type.name.startsWith("__"));
  const rules = Object.fromEntries(types.map((type) => [type.name, rulesOf(type)]));
  return [
    "/** `lists`: those that come in pages, with the arguments by which one differs from another. */",
    "export interface Rules { hasId: boolean; lists: Record<string, string[]>; arrays: string[] }",
    `export const rules: Record<string, Rules> = ${JSON.stringify(rules)};`,
  ].join("\n");
}

/** @param {import("graphql").GraphQLObjectType} type */
function rulesOf(type) {
  const fields = Object.values(type.getFields());
  const lists = fields.filter((field) => getNamedType(field.type).name.endsWith("Connection"));
  return {
    hasId: ROOTS.includes(type.name) || "id" in type.getFields(),
    lists: Object.fromEntries(lists.map(({ name, args }) => [name, args.map((arg) => arg.name).filter(tellsApart)])),
    arrays: fields.filter(isArrayOfObjects).map(({ name }) => name),
  };
}

/** @param {string} argument */
function tellsApart(argument) {
  return !PAGING.includes(argument);
}

/** @param {import("graphql").GraphQLField<unknown, unknown>} field */
function isArrayOfObjects({ type }) {
  return isListType(getNullableType(type)) && isCompositeType(getNamedType(type));
}
