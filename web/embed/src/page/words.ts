/** Words of the button: the rest is said by the frame. */
interface Words {
  readonly call: string;
  readonly video: string;
  readonly close: string;
  readonly hangUp: string;
  readonly fault: string;
}

const languages: { readonly [tag: string]: Words } = {
  en: {
    call: "Call us",
    video: "Video call",
    close: "Close",
    hangUp: "Hang up and close",
    fault: "The call cannot be shown here.",
  },
  it: {
    call: "Chiamaci",
    video: "Videochiamata",
    close: "Chiudi",
    hangUp: "Riaggancia e chiudi",
    fault: "La chiamata non può essere mostrata qui.",
  },
  pt: {
    call: "Ligue para nós",
    video: "Chamada de vídeo",
    close: "Fechar",
    hangUp: "Desligar e fechar",
    fault: "A chamada não pode ser mostrada aqui.",
  },
};

/** wordsFor picks the language that was asked for, or the page's, or English. */
export function wordsFor(asked: string | null): Words {
  const tag = (asked || document.documentElement.lang || "en").slice(0, 2).toLowerCase();
  return languages[tag] ?? (languages.en as Words);
}
