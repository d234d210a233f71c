/** What a search finds, by words, meaning, spelling and key. */
import { skipToken, useQuery } from "@apollo/client/react";
import { Link, useSearchParams } from "react-router";

import { graphql } from "../generated";
import { useOrganization } from "../layout/Layout";
import { Waiting } from "../messages/Waiting";
import { STATUSES } from "../tasks/words";

const SEARCH = graphql(`
  query Search($organizationId: ID!, $query: String!, $after: String) {
    searchTasks(organizationId: $organizationId, query: $query, first: 20, after: $after) {
      edges {
        cursor
        snippet
        node {
          ...Card
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export function Search() {
  const organization = useOrganization();
  const [parameters] = useSearchParams();
  const query = (parameters.get("q") ?? "").trim();
  const variables = { organizationId: organization.id, query };
  const { data, error, fetchMore } = useQuery(SEARCH, query ? { variables } : skipToken);

  if (!query) return <p className="page">Write what you look for into the field at the top.</p>;
  const found = data?.searchTasks;
  if (!found) return <Waiting error={error} />;
  return (
    <main className="page">
      <h1>“{query}”</h1>
      {found.edges.length === 0 && <p>Nothing was found.</p>}
      <ul className="list">
        {found.edges.map(({ node: task, snippet }) => (
          <li key={task.id}>
            <Link to={`/${organization.slug}/teams/${task.team.id}/${task.id}`}>
              <span className="key">{task.key}</span> {task.title}{" "}
              <span className="quiet">{STATUSES[task.status]}</span>
            </Link>
            {/* The server has escaped all but its <mark>. */}
            <p className="quiet" dangerouslySetInnerHTML={{ __html: snippet ?? "" }} />
          </li>
        ))}
      </ul>
      {found.pageInfo.hasNextPage && (
        <button onClick={() => fetchMore({ variables: { after: found.pageInfo.endCursor } })}>More</button>
      )}
    </main>
  );
}
