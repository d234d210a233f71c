/** Asks for tasks, gives up on the answer at a line on standard input, and ends with that. */
import { createInterface } from "node:readline";

import { graphql } from "./generated";
import { ownersClient, site } from "./site";

const TITLES = graphql(`
  query TitlesOfTasks($teamId: ID!) {
    team(id: $teamId) {
      id
      tasks {
        edges {
          node {
            id
            title
          }
        }
      }
    }
  }
`);

const options = { query: TITLES, variables: { teamId: site.teamId } };
const client = ownersClient();
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
let outcome = "aborted";

/** As a search that is typed on does. */
async function bySignal(): Promise<void> {
  const controller = new AbortController();
  const asking = client.query({ ...options, context: { fetchOptions: { signal: controller.signal } } });
  asking.then(
    () => (outcome = "answered"),
    (error: Error) => (outcome = error.name === "AbortError" ? "aborted" : String(error)),
  );
  await lines.next();
  controller.abort();
}

/** As a screen that is left does. */
async function byUnsubscribing(): Promise<void> {
  const screen = client.watchQuery(options).subscribe(({ loading }) => {
    if (!loading) outcome = "answered";
  });
  await lines.next();
  screen.unsubscribe();
}

await (process.argv[2] === "signal" ? bySignal() : byUnsubscribing());
await lines.next();
console.log(outcome);
