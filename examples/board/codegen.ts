/** GraphQL Codegen: types for each document of the sources, and what Apollo Client's cache has to know. */
import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../schema.graphql",
  documents: ["src/**/*.{ts,tsx}", "!src/generated/**"],
  generates: {
    "src/generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        strictScalars: true,
        scalars: { ID: "string", Date: "string", DateTime: "string", Long: "number", JSON: "unknown" },
        useTypeImports: true,
        nonOptionalTypename: true,
        skipTypeNameForRoot: true,
      },
    },
    "src/generated/rules.ts": { plugins: ["./src/trellis/rules.js"] },
    "src/generated/possible-types.ts": { plugins: ["fragment-matcher"] },
  },
};

export default config;
