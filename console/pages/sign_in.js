// The form sends name and password to the API, which sets the session cookie in this browser.
export default {
  template: `
    <form @submit.prevent="send" aria-label="Sign in">
      <label>Name<input name="name" autocomplete="username" v-model="name" required autofocus></label>
      <label>Password
        <input name="password" type="password" autocomplete="current-password" v-model="password" required>
      </label>
      <div class="told" role="alert">{{ told }}</div>
      <button class="plain-button go" type="submit" :disabled="busy">Sign in</button>
      <a v-if="provider" href="/api/v1/session/provider">Sign in with your organisation</a>
    </form>`,
  props: { next: String },
  data: () => ({ name: "", password: "", told: "", busy: false, provider: false }),
  async mounted() {
    const ways = await fetch("/api/v1/session/ways").catch(() => null);
    if (ways?.ok) this.provider = (await ways.json()).provider;
  },
  methods: {
    async send() {
      this.busy = true;
      this.told = "";
      const body = JSON.stringify({ name: this.name, password: this.password });
      const headers = { "Content-Type": "application/json" };
      const response = await fetch("/api/v1/session", { method: "POST", headers, body }).catch(() => null);
      if (response?.ok) return location.assign(this.next);
      this.told = response ? await this.reason(response) : "The console does not answer. Try again in a moment.";
      this.password = "";
      this.busy = false;
    },
    async reason(response) {
      const answer = await response.json().catch(() => ({}));
      return answer.detail?.what ?? `Not signed in (${response.status}).`;
    },
  },
};
