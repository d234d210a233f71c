/** Makes an organization, and goes there. */
import { useMutation } from "@apollo/client/react";
import { useNavigate } from "react-router";

import { graphql } from "../generated";
import { useWrite } from "../messages/useWrite";

const CREATE = graphql(`
  mutation CreateOrganization($input: CreateOrganizationInput!) {
    createOrganization(input: $input) {
      organization {
        id
        slug
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export function NewOrganization() {
  const [create] = useMutation(CREATE, { refetchQueries: ["Organizations"] });
  const write = useWrite();
  const navigate = useNavigate();

  async function save(form: FormData) {
    const input = { name: String(form.get("name")), slug: String(form.get("slug")) };
    const payload = await write(create({ variables: { input } }), (data) => data.createOrganization);
    if (payload?.organization) void navigate(`/${payload.organization.slug}`);
  }

  return (
    <form className="row" action={save}>
      <input name="name" placeholder="Name of a new organization" aria-label="Name" required maxLength={100} />
      <input
        name="slug"
        placeholder="name-in-addresses"
        aria-label="Name in addresses"
        required
        pattern="[a-z0-9\-]{2,50}"
      />
      <button>Create</button>
    </form>
  );
}
