/** The headline query of a Relay front end: organizations, their teams, their members, and what those work on. */
import { graphql } from "relay-runtime";

export const HEADLINE = graphql`
  query headlineQuery {
    organizations(first: 1) {
      edges {
        node {
          name
          teams(first: 2) {
            edges {
              node {
                ...headline_team @alias
              }
            }
          }
        }
      }
    }
  }
`;

export const TEAM = graphql`
  fragment headline_team on Team {
    name
    members(first: 2) {
      edges {
        node {
          role
          user {
            name
          }
          tasks(first: 2) {
            edges {
              node {
                key
                title
                status
              }
            }
          }
        }
      }
    }
  }
`;
