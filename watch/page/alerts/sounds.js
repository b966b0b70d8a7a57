// The sounds of alerts: made here, not files.

/**
 * One tone of a sound.
 *
 * @typedef {object} Tone
 * @property {number} hertz at its start
 * @property {number} to hertz at its end
 * @property {number} at seconds after the sound's start
 * @property {number} seconds that it lasts
 */

/**
 * @param {number} hertz
 * @param {number} at
 * @param {number} seconds
 * @param {number} to
 * @returns {Tone}
 */
const tone = (hertz, at, seconds, to = hertz) => ({ hertz, to, at, seconds });

/** What a sound is called in the settings, and by people. @typedef {"ping" | "double" | "rise" | "fall" | "low" | "chord" | "none"} SoundName */

/** @type {Record<SoundName, { title: string, tones: Tone[] }>} */
export const SOUNDS = {
  ping: { title: "Ping", tones: [tone(880, 0, 0.2)] },
  double: { title: "Two pings", tones: [tone(1_047, 0, 0.12), tone(1_047, 0.16, 0.12)] },
  rise: { title: "Rising", tones: [tone(523, 0, 0.3, 1_047)] },
  fall: { title: "Falling", tones: [tone(1_047, 0, 0.3, 523)] },
  low: { title: "Low", tones: [tone(294, 0, 0.3)] },
  chord: { title: "Chord", tones: [tone(523, 0, 0.4), tone(659, 0, 0.4), tone(784, 0, 0.4)] },
  none: { title: "None", tones: [] },
};

/** The names of those that can be heard. */
const AUDIBLE = /** @type {SoundName[]} */ (Object.keys(SOUNDS).filter((name) => name !== "none"));
/** Within this time the same sound is played once. */
const APART_MS = 400;
const LOUDNESS = 0.15;
/** Seconds in which a tone comes and goes, so that it does not crack. */
const EDGE = 0.015;
/** What browsers take for the user's leave. A click comes after its button's own listeners, which still see silence. */
const GESTURES = ["click", "keydown"];

/**
 * The sound of a rule that has none of the user's choice: rules beside each other sound different.
 *
 * @param {number} place of the rule in the list of all
 */
export function usualSound(place) {
  return AUDIBLE[Math.max(place, 0) % AUDIBLE.length];
}

/** Plays sounds, once the user has clicked or pressed a key: browsers allow no sound before. */
export class Player {
  /** @type {AudioContext | null} */
  #context = null;
  /** When each sound was last played, milliseconds of performance.now(). @type {Map<SoundName, number>} */
  #played = new Map();

  /** @param {() => void} onReady called when sounds can be heard from now on */
  constructor(onReady) {
    const begin = async () => {
      if (!("AudioContext" in window)) return;
      this.#context ??= new AudioContext();
      await this.#context.resume();
      for (const each of GESTURES) removeEventListener(each, begin);
      onReady();
    };
    for (const each of GESTURES) addEventListener(each, begin);
  }

  /** Whether sounds can be heard. */
  get isReady() {
    return this.#context?.state === "running";
  }

  /** @param {SoundName} name */
  play(name) {
    const context = this.#context;
    const now = performance.now();
    if (context === null || now - (this.#played.get(name) ?? -Infinity) < APART_MS) return;
    this.#played.set(name, now);
    for (const each of SOUNDS[name].tones) sound(context, each);
  }
}

/**
 * @param {AudioContext} context
 * @param {Tone} each
 */
function sound(context, { hertz, to, at, seconds }) {
  const from = context.currentTime + at;
  const oscillator = new OscillatorNode(context, { frequency: hertz });
  oscillator.frequency.linearRampToValueAtTime(to, from + seconds);
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, from);
  gain.gain.linearRampToValueAtTime(LOUDNESS, from + EDGE);
  gain.gain.linearRampToValueAtTime(0, from + seconds);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(from);
  oscillator.stop(from + seconds);
}
