// Shows GraphiQL with the headers that the server wrote into the page and a first query that answers.
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

import firstLook from "./first-look.graphql?raw";

import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./main.css";

interface Settings {
  headers: Record<string, string>;
}

const settings: Settings = JSON.parse(document.getElementById("settings")!.textContent!);
const headers = JSON.stringify(settings.headers, null, 2);

const fetcher = createGraphiQLFetcher({ url: "/graphql", enableIncrementalDelivery: false });

// GraphiQL's history is left out on purpose: it would keep the headers of every run, and so bearer tokens, in
// localStorage. Tabs are kept there without headers, which come fresh from the page at each start.
const plugins = [explorerPlugin()];

createRoot(document.getElementById("playground")!).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
    defaultQuery={firstLook}
    defaultHeaders={headers}
    initialHeaders={headers}
    shouldPersistHeaders={false}
    defaultEditorToolsVisibility="headers"
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>Trellis</GraphiQL.Logo>
  </GraphiQL>,
);
