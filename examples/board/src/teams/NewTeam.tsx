/** Makes a team; the list of teams is asked for again, since it is sorted by name. */
import { useMutation } from "@apollo/client/react";

import { graphql } from "../generated";
import { useWrite } from "../messages/useWrite";

const CREATE = graphql(`
  mutation CreateTeam($input: CreateTeamInput!) {
    createTeam(input: $input) {
      team {
        id
        key
        name
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export function NewTeam({ organizationId }: { organizationId: string }) {
  const [create] = useMutation(CREATE, { refetchQueries: ["Layout"] });
  const write = useWrite();

  async function save(form: FormData) {
    const input = { organizationId, key: String(form.get("key")), name: String(form.get("name")) };
    await write(create({ variables: { input } }), (data) => data.createTeam);
  }

  return (
    <form className="row" action={save}>
      <input name="name" placeholder="Name of a new team" aria-label="Name" required maxLength={100} />
      <input name="key" placeholder="KEY" aria-label="Key" required pattern="[A-Z][A-Z0-9]{0,11}" size={12} />
      <button>Create</button>
    </form>
  );
}
