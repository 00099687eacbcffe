// Tones and speech.
//
// 1. Each moment of the counter is heard once, and nothing is heard for what happened before the
//    page was opened. Whether tones or words are wanted at all, the state says.
// 2. Speech needs a voice of the page's language on the machine; without one there are tones alone.

// Hertz and the second at which each note begins: up for served, one note for registered, twice the
// same for staff.
const TONES = {
  good: [[523.25, 0], [659.25, 0.14], [783.99, 0.28]],
  gentle: [[523.25, 0], [659.25, 0.18]],
  call: [[440, 0], [440, 0.34]],
};
const NOTE_S = 0.5;
const LOUDNESS = 0.22;

let audio = null;
let heard = null;

// A browser looks for its voices when it is first asked, and has them some time later.
window.speechSynthesis?.getVoices();

/** Sounds the tone and says the words of a scene that is new; only remembers it where not `aloud`. */
export function hear(state, aloud) {
  const moment = `${state.server} ${state.scene.moment}`;
  const first = heard === null;
  if (moment === heard) return;
  heard = moment;
  if (first || !aloud) return;
  if (state.scene.tone) play(TONES[state.scene.tone] ?? []);
  if (state.scene.speech) speak(state.scene.speech, state.language);
}

function play(notes) {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
  for (const [hertz, at] of notes) {
    const begin = audio.currentTime + at;
    const note = audio.createOscillator();
    const gain = audio.createGain();
    note.type = "triangle";
    note.frequency.value = hertz;
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(LOUDNESS, begin + 0.03);
    gain.gain.exponentialRampToValueAtTime(0.001, begin + NOTE_S);
    note.connect(gain).connect(audio.destination);
    note.start(begin);
    note.stop(begin + NOTE_S);
  }
}

function speak(text, language) {
  const voice = window.speechSynthesis?.getVoices().find((one) => one.lang.toLowerCase().startsWith(language));
  if (!voice) return;
  const words = new SpeechSynthesisUtterance(text);
  words.voice = voice;
  words.lang = voice.lang;
  words.rate = 0.9;
  speechSynthesis.cancel();
  speechSynthesis.speak(words);
}
