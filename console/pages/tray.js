// The transactions gathered for an episode, in the corner of every page.
export default {
  template: `
    <section v-if="ids.length && !gathered" class="tray" aria-label="Gathered for an episode">
      <span aria-live="polite"><span class="count" data-basket>{{ ids.length }}</span> flagged</span>
      <span>
        <button type="button" @click="clear">Clear</button>
        <button type="button" class="go" @click="begin">New episode</button>
      </span>
    </section>`,
  data: () => ({ ids: [], gathered: location.pathname === "/new-episode" }),
  mounted() {
    this.read = () => (this.ids = window.flagfive.basket.ids());
    addEventListener("basket", this.read);
    this.read();
  },
  unmounted() {
    removeEventListener("basket", this.read);
  },
  methods: {
    clear() {
      window.flagfive.basket.clear();
    },
    begin() {
      location.assign("/new-episode?ids=" + this.ids.map(encodeURIComponent).join(","));
    },
  },
};
