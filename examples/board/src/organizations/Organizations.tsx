/** The organizations that the viewer is a member of. */
import { useQuery } from "@apollo/client/react";
import { Link } from "react-router";

import { graphql } from "../generated";
import { Waiting } from "../messages/Waiting";
import { MyWork } from "../work/MyWork";
import { NewOrganization } from "./NewOrganization";

const ORGANIZATIONS = graphql(`
  query Organizations {
    viewer {
      organizations(first: 100) {
        edges {
          cursor
          node {
            id
            name
            slug
          }
        }
      }
    }
  }
`);

export function Organizations() {
  const { data, error } = useQuery(ORGANIZATIONS);

  if (!data) return <Waiting error={error} />;
  return (
    <main className="page narrow">
      <h1>Organizations</h1>
      <ul className="list">
        {data.viewer?.organizations.edges.map(({ node }) => (
          <li key={node.id}>
            <Link to={`/${node.slug}`}>{node.name}</Link>
          </li>
        ))}
      </ul>
      <NewOrganization />
      <MyWork />
    </main>
  );
}
