/** Asks for a token. A front end of yours sends people to your identity provider in its place. */
export function SignIn({ onToken }: { onToken: (token: string) => void }) {
  return (
    <main className="page narrow">
      <h1>Sign in</h1>
      <p>
        <code>make run</code> prints a token, and so does <code>trellis token EMAIL</code>.
      </p>
      <form className="row" action={(form) => onToken(String(form.get("token")).trim())}>
        <input
          name="token"
          type="password"
          placeholder="Token"
          aria-label="Token"
          autoComplete="off"
          required
          autoFocus
        />
        <button className="primary">Sign in</button>
      </form>
    </main>
  );
}
