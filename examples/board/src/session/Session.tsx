/** Who is signed in, and the client that asks for them; without a token there is a page to sign in. */
import { ApolloProvider } from "@apollo/client/react";
import { createContext, type PropsWithChildren, useContext, useMemo, useState } from "react";

import { newClient } from "../trellis/client";
import { hashed } from "../trellis/hashed";
import { queued } from "../trellis/queued";
import { repeated } from "../trellis/repeated";
import { SignIn } from "./SignIn";

const KEY = "trellis-token"; // kept until the tab is closed

const SignOut = createContext(() => {});
export const useSignOut = () => useContext(SignOut);

export function Session({ children }: PropsWithChildren) {
  const [token, setToken] = useState(() => sessionStorage.getItem(KEY));

  function signIn(newToken: string) {
    sessionStorage.setItem(KEY, newToken);
    setToken(newToken);
  }

  function signOut() {
    sessionStorage.removeItem(KEY);
    setToken(null);
  }

  // Another token may be another person's, who starts with an empty cache.
  const client = useMemo(() => {
    const current = (refused?: string) => {
      if (refused) signOut();
      return refused ? null : token;
    };
    return newClient("/graphql", current, queued(), repeated(), hashed());
  }, [token]);

  if (token === null) return <SignIn onToken={signIn} />;
  return (
    <ApolloProvider client={client}>
      <SignOut value={signOut}>{children}</SignOut>
    </ApolloProvider>
  );
}
