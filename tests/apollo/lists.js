/** A plugin of GraphQL Codegen: the lists of each type, and the arguments by which one list differs from another. */
import { getNamedType, isObjectType } from "graphql";

const PAGING = ["first", "after", "last", "before"];

/** @param {import("graphql").GraphQLSchema} schema */
export function plugin(schema) {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  const lists = types.map((type) => [type.name, listsOf(type)]).filter(([, fields]) => Object.keys(fields).length);
  return `export const lists: Record<string, Record<string, string[]>> = ${JSON.stringify(Object.fromEntries(lists))};\n`;
}

/** @param {import("graphql").GraphQLObjectType} type */
function listsOf(type) {
  const fields = Object.values(type.getFields()).filter((field) =>
    getNamedType(field.type).name.endsWith("Connection"),
  );
  return Object.fromEntries(fields.map(({ name, args }) => [name, args.map((arg) => arg.name).filter(tellsApart)]));
}

/** @param {string} argument */
function tellsApart(argument) {
  return !PAGING.includes(argument);
}
