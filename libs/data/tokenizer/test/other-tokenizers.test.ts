import { loadTokenizer, SPECIAL_TOKENS } from '@retort/tokenizer';
import { expect, it } from 'vitest';
import { temporaryFolder } from './temporary.ts';

// A tokenizer that is not computed is refused explicitly, never read as another one.

const PIECES = [...SPECIAL_TOKENS, 'the', 'cat'];
const TEXT = PIECES.join('\n');
const JSON_FILE = {
  added_tokens: SPECIAL_TOKENS.map((content, id) => ({ id, content, special: true, normalized: false })),
  normalizer: {
    type: 'BertNormalizer',
    lowercase: true,
    strip_accents: null,
    clean_text: true,
    handle_chinese_chars: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [special('[CLS]', 0), text('A', 0), special('[SEP]', 0)],
    pair: [special('[CLS]', 0), text('A', 0), special('[SEP]', 0), text('B', 1), special('[SEP]', 1)],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
    },
  },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(PIECES.map((token, id) => [token, id])),
  },
};

function special(id: string, type_id: number) {
  return { SpecialToken: { id, type_id } };
}

function text(id: string, type_id: number) {
  return { Sequence: { id, type_id } };
}

type Files = Readonly<Record<string, string | object>>;

async function problems(files: Files): Promise<string> {
  const folder = await temporaryFolder(
    Object.fromEntries(
      Object.entries(files).map(([name, content]) => [
        name,
        typeof content === 'string' ? content : JSON.stringify(content),
      ]),
    ),
  );
  return loadTokenizer(folder).then(
    () => '',
    (error: Error) =>
      error.message
        .replaceAll(folder, '<folder>')
        .replaceAll(' For a tokenizer of another kind, add a tokenizer.json.', ''),
  );
}

const config = (json: object): Files => ({ 'vocab.txt': TEXT, 'tokenizer_config.json': json });
const json = (change: object): Files => ({ 'tokenizer.json': { ...JSON_FILE, ...change } });
const model = (change: object): Files => json({ model: { ...JSON_FILE.model, ...change } });
const template = (change: object): Files => json({ post_processor: { ...JSON_FILE.post_processor, ...change } });

it.each<[string, Files]>([
  ['another class', config({ tokenizer_class: 'BertJapaneseTokenizer' })],
  ['a class that has to have a tokenizer.json', config({ tokenizer_class: 'PreTrainedTokenizerFast' })],
  ['a class that config.json names', { 'vocab.txt': TEXT, 'config.json': { tokenizer_class: 'BertweetTokenizer' } }],
  ['no basic tokenization', config({ do_basic_tokenize: false })],
  ['words that are never split', config({ never_split: ['New York'] })],
  ['code that comes with it', config({ auto_map: { AutoTokenizer: ['tokenization.Own', null] } })],
  ['another prefix', config({ wordpieces_prefix: '@@' })],
  ['settings that are no truth value', config({ do_lower_case: 'yes', strip_accents: 1 })],
  ['text that is not cleaned', config({ clean_text: false })],
  ['other names of special tokens', config({ sep_token: '</s>', unk_token: { content: '<unk>' } })],
  ['other names in the map', { 'vocab.txt': TEXT, 'special_tokens_map.json': { cls_token: '<s>' } }],
  ['a special token without an id', config({ additional_special_tokens: ['[NEW]'] })],
  ['SentencePiece beside a vocabulary', { 'vocab.txt': TEXT, 'spiece.model': '' }],
  ['BPE beside a vocabulary', { 'vocab.txt': TEXT, 'bpe.codes': '', 'merges.txt': '' }],
  ['SentencePiece alone', { 'tokenizer.model': '' }],
  ['a pre-tokenizer with a pattern', json({ pre_tokenizer: { type: 'Split', pattern: { Regex: '(a+)+$' } } })],
  ['a normalizer with a pattern', json({ normalizer: { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' } })],
  ['another model', model({ type: 'Unigram' })],
  ['another unknown token', model({ unk_token: '<unk>' })],
  ['words without end', model({ max_input_chars_per_word: 1e9 })],
  ['a vocabulary that is a list', model({ vocab: [['the', 0]] })],
  ['ids that are not numbers', model({ vocab: { the: '0' } })],
  ['ids with a gap', model({ vocab: { the: 0, cat: 2 } })],
  ['no template', json({ post_processor: null })],
  ['the template of RoBERTa', json({ post_processor: { type: 'RobertaProcessing' } })],
  ['a template without [SEP]', template({ single: [special('[CLS]', 0), text('A', 0)] })],
  [
    'pairs in one segment',
    template({ pair: [special('[CLS]', 0), text('A', 0), special('[SEP]', 0), text('B', 0), special('[SEP]', 0)] }),
  ],
  ['a template with other ids', template({ special_tokens: { '[CLS]': { ids: [5] }, '[SEP]': { ids: [3] } } })],
  [
    'a template of BERT with other ids',
    json({ post_processor: { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 0] } }),
  ],
  ['a list in place of an object', { 'tokenizer.json': [] }],
  ['nothing in place of an object', { 'tokenizer.json': 'null' }],
  ['added tokens that are no list', json({ added_tokens: 7 })],
  ['added tokens that are none', json({ added_tokens: [null, { id: -1, content: 'a' }, { id: 5 }] })],
  ['an added token with white space', { 'vocab.txt': TEXT, 'added_tokens.json': { 'New York': 7 } }],
  ['an added token with a gap before it', { 'vocab.txt': TEXT, 'added_tokens.json': { '[E1]': 9 } }],
  ['an added token with the id of another', { 'vocab.txt': TEXT, 'added_tokens.json': { '[E1]': 5 } }],
  ['an added token twice', config({ added_tokens_decoder: { 7: { content: '[E1]' }, 8: { content: '[E1]' } } })],
  ['added tokens that are a list in added_tokens.json', { 'vocab.txt': TEXT, 'added_tokens.json': ['[E1]'] }],
  [
    'added tokens that disagree',
    { ...json({ added_tokens: [{ id: 7, content: '[E1]' }] }), 'added_tokens.json': { '[E2]': 7 } },
  ],
  [
    'ways of finding them that disagree',
    {
      ...json({ added_tokens: [{ id: 7, content: '[E1]', normalized: true }] }),
      'tokenizer_config.json': { added_tokens_decoder: { 7: { content: '[E1]', normalized: false } } },
    },
  ],
  ['accents that disagree', { ...json({}), 'tokenizer_config.json': { strip_accents: false } }],
  ['a list in place of settings', config([])],
])('%s', async (_, files) => {
  expect(await problems(files)).toMatchSnapshot();
});

it.each<[string, Files]>([
  ['the file as transformers writes it', json({})],
  ['a sequence of normalizers', json({ normalizer: { type: 'Sequence', normalizers: [] } })],
  ['no normalizer', json({ normalizer: null })],
  ['another prefix of pieces', model({ continuing_subword_prefix: '' })],
  ['both files', { ...json({}), 'vocab.txt': TEXT }],
  ['the older template', json({ post_processor: { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] } })],
  [
    'settings that say what is so',
    {
      ...json({}),
      'tokenizer_config.json': {
        tokenizer_class: 'BertTokenizerFast',
        do_lower_case: true,
        strip_accents: null,
        do_basic_tokenize: true,
        never_split: null,
      },
    },
  ],
  [
    'a class that computes what the file says',
    { ...json({}), 'tokenizer_config.json': { tokenizer_class: 'PreTrainedTokenizerFast' } },
  ],
  ['tokens that are never split anyway', config({ never_split: ['[UNK]', '[SEP]'] })],
  ['special tokens that have their names', config({ cls_token: { content: '[CLS]', lstrip: false }, pad_token: null })],
  ['a config.json of a model', { 'vocab.txt': TEXT, 'config.json': { model_type: 'bert', tokenizer_class: null } }],
])('but not %s', async (_, files) => {
  expect(await problems(files)).toBe('');
});
