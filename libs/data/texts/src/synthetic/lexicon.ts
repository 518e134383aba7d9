/**
 * What a noun can be. `hunter` and `grazer` are the two classes of the synthetic task: they act alike in it, and differ
 * in the corpus by what they do, where they live and how they look, so that pretraining can tell them apart.
 */
export type NounKind = 'hunter' | 'grazer' | 'person' | 'food' | 'thing';

export interface Noun {
  readonly singular: string;
  readonly plural: string;
  readonly kind: NounKind;
  readonly pronoun: 'he' | 'she' | 'it';
  readonly adjectives: readonly string[];
}

export interface Verb {
  /** With plural subjects: "they chase". */
  readonly plain: string;
  /** With singular subjects: "it chases". */
  readonly third: string;
  readonly past: string;
  /** "was chased". */
  readonly participle: string;
}

function nouns(kind: NounKind, pronoun: Noun['pronoun'], adjectives: string, forms: string): Noun[] {
  return forms.split(' ').map((form) => {
    const [singular, plural] = form.includes('/') ? (form.split('/') as [string, string]) : [form, `${form}s`];
    return { singular, plural, kind, pronoun, adjectives: adjectives.split(' ') };
  });
}

export const NOUNS: readonly Noun[] = [
  ...nouns('hunter', 'it', 'sly hungry red', 'fox/foxes wolf/wolves lynx/lynxes weasel'),
  ...nouns('hunter', 'it', 'sharp hungry grey', 'hawk owl eagle falcon'),
  ...nouns('hunter', 'it', 'cold patient green', 'snake pike/pikes crocodile lizard'),
  ...nouns('grazer', 'it', 'timid small brown', 'hen rabbit mouse/mice duck'),
  ...nouns('grazer', 'it', 'gentle woolly white', 'sheep/sheep goat lamb donkey'),
  ...nouns('grazer', 'it', 'quick shy brown', 'deer/deer hare squirrel pony/ponies'),
  ...nouns('person', 'he', 'tall old kind', 'farmer miller king uncle'),
  ...nouns('person', 'she', 'young clever kind', 'baker queen aunt widow'),
  ...nouns('food', 'it', 'fresh sweet warm', 'loaf/loaves pie apple cake'),
  ...nouns('food', 'it', 'fresh bitter green', 'cabbage carrot turnip leaf/leaves'),
  ...nouns('thing', 'it', 'heavy wooden broken', 'cart gate ladder barrel'),
  ...nouns('thing', 'it', 'bright iron little', 'lamp bell kettle knife/knives'),
];

function verbs(forms: string): Verb[] {
  return forms.split(' ').map((form) => {
    const [plain, third, past, participle = past] = form.split('/') as [string, string, string, string?];
    return { plain, third, past, participle };
  });
}

/** Who does what to whom: each verb goes with these kinds of subjects and objects only. */
export const EVENTS: readonly {
  subjects: readonly NounKind[];
  objects: readonly NounKind[];
  verbs: readonly Verb[];
}[] = [
  {
    subjects: ['hunter'],
    objects: ['grazer'],
    verbs: verbs('hunt/hunts/hunted catch/catches/caught stalk/stalks/stalked bite/bites/bit/bitten'),
  },
  {
    subjects: ['grazer'],
    objects: ['food'],
    verbs: verbs('eat/eats/ate/eaten nibble/nibbles/nibbled smell/smells/smelled'),
  },
  {
    subjects: ['person'],
    objects: ['grazer'],
    verbs: verbs('feed/feeds/fed brush/brushes/brushed lead/leads/led'),
  },
  {
    subjects: ['person'],
    objects: ['hunter'],
    verbs: verbs('fear/fears/feared trap/traps/trapped'),
  },
  {
    subjects: ['person'],
    objects: ['food'],
    verbs: verbs('buy/buys/bought cut/cuts/cut cook/cooks/cooked'),
  },
  {
    subjects: ['person'],
    objects: ['thing'],
    verbs: verbs('repair/repairs/repaired carry/carries/carried paint/paints/painted'),
  },
];

/** What hunters and grazers do to each other alike. The synthetic task uses these alone. */
export const NEUTRAL_VERBS: readonly Verb[] = verbs(
  'follow/follows/followed watch/watches/watched warn/warns/warned help/helps/helped meet/meets/met hear/hears/heard ' +
    'see/sees/saw/seen pass/passes/passed greet/greets/greeted push/pushes/pushed find/finds/found call/calls/called',
);

export const INTRANSITIVE: Readonly<Record<'hunter' | 'grazer' | 'person', readonly Verb[]>> = {
  hunter: verbs('growl/growls/growled lurk/lurks/lurked circle/circles/circled'),
  grazer: verbs('graze/grazes/grazed tremble/trembles/trembled hide/hides/hid/hidden'),
  person: verbs('laugh/laughs/laughed work/works/worked sing/sings/sang/sung'),
};

/** Anybody may do these. */
export const SHARED_INTRANSITIVE: readonly Verb[] = verbs(
  'sleep/sleeps/slept wait/waits/waited run/runs/ran arrive/arrives/arrived',
);

export const PLACES: Readonly<Record<'hunter' | 'grazer' | 'person', readonly string[]>> = {
  hunter: ['in the forest', 'near the den', 'on the cliff', 'in the swamp'],
  grazer: ['in the meadow', 'near the barn', 'on the hill', 'in the orchard'],
  person: ['in the kitchen', 'near the market', 'on the bridge', 'in the mill'],
};

export const TIMES: readonly string[] = [
  'at night',
  'at noon',
  'in the morning',
  'in winter',
  'after the storm',
  'every day',
];
export const ADVERBS: readonly string[] = ['slowly', 'quietly', 'often', 'suddenly', 'gladly', 'twice'];
export const SPEECH: readonly Verb[] = verbs(
  'say/says/said think/thinks/thought know/knows/knew/known believe/believes/believed',
);
