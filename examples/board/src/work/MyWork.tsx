/** What is assigned to the viewer in all their organizations and still to be done: the next due first. */
import { useQuery } from "@apollo/client/react";
import { Link } from "react-router";

import { graphql } from "../generated";
import { Waiting } from "../messages/Waiting";
import { DUE_WINDOWS, STATUSES } from "../tasks/words";

const MY_WORK = graphql(`
  query MyWork($after: String) {
    viewer {
      tasks(
        filter: { status: { in: [BACKLOG, TODO, IN_PROGRESS, IN_REVIEW] } }
        orderBy: { field: DUE_DATE }
        first: 20
        after: $after
      ) {
        edges {
          cursor
          node {
            ...Card
            organization {
              id
              slug
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
        totalCount
      }
    }
  }
`);

export function MyWork() {
  const { data, error, fetchMore } = useQuery(MY_WORK, { fetchPolicy: "cache-and-network" });

  const work = data?.viewer?.tasks;
  if (!work) return <Waiting error={error} />;
  return (
    <section aria-label="My work">
      <h2>My work {work.totalCount}</h2>
      <ul className="list">
        {work.edges.map(({ node: task }) => (
          <li key={task.id}>
            <Link to={`/${task.organization.slug}/teams/${task.team.id}/${task.id}`}>
              <span className="key">{task.key}</span> {task.title}{" "}
              <span className="quiet">
                {STATUSES[task.status]} {task.dueWindow && DUE_WINDOWS[task.dueWindow]}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {work.pageInfo.hasNextPage && (
        <button onClick={() => fetchMore({ variables: { after: work.pageInfo.endCursor } })}>More</button>
      )}
    </section>
  );
}
