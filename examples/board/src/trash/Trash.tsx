/** What is deleted and can be restored: what was deleted together is one line. */
import { useQuery } from "@apollo/client/react";

import { graphql } from "../generated";
import { useOrganization } from "../layout/Layout";
import { Waiting } from "../messages/Waiting";
import { DeletionLine } from "./DeletionLine";

const TRASH = graphql(`
  query Trash($slug: String!, $after: String) {
    organization(by: { slug: $slug }) {
      id
      trash(first: 50, after: $after) {
        edges {
          cursor
          node {
            ...Deletion
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

export function Trash() {
  const { slug } = useOrganization();
  // What was deleted since the trash was last open is not in the cache.
  const { data, error, fetchMore } = useQuery(TRASH, { variables: { slug }, fetchPolicy: "cache-and-network" });

  const trash = data?.organization?.trash;
  if (!trash) return <Waiting error={error} />;
  return (
    <main className="page">
      <h1>Trash</h1>
      {trash.edges.length === 0 && <p>Nothing is deleted.</p>}
      <ul className="list">
        {trash.edges.map(({ node }) => (
          <DeletionLine key={node.id} deletion={node} />
        ))}
      </ul>
      {trash.pageInfo.hasNextPage && (
        <button onClick={() => fetchMore({ variables: { after: trash.pageInfo.endCursor } })}>More</button>
      )}
    </main>
  );
}
