"""Small random models of each family, with a tokenizer, and what transformers computes of them.

    python tools/reference-fixtures/model-families.py

Writes libs/stages/import-model/test/fixtures/families/<name>/: config.json, model.safetensors, tokenizer.json,
tokenizer_config.json as save_pretrained writes them, and expected.json. Needs torch, transformers, tokenizers.
The weights are random, so the files change when the script runs again; the tests hold whatever it has written.
"""

import json
import os
import random
import shutil
import sys

import tokenizers
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.path.join(HERE, "../../libs/stages/import-model/test/fixtures/families")

WORDS = "the a film was good bad very not never quite slow funny sad story actors acted music loved hated I it they we saw and but or because naïve café".split()
TEXTS = [
    "The film was very good, and funny!",
    "  I  never saw a naïve café…  ",
    "loved it<mask> 中文 😀 don't",
    "",
    "bad",
]
PAIRS = [["The story was slow.", "They hated it, but we loved the music!"], ["good", "bad"]]
ROLES = {"pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": "</s>", "mask_token": "<mask>", "bos_token": "<s>", "eos_token": "</s>"}
FIRST = ["<s>", "<pad>", "</s>", "<unk>"]
GEOMETRY = dict(hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12)
LABELS = dict(id2label={0: "bad", 1: "good", 2: "neither"}, label2id={"bad": 0, "good": 1, "neither": 2})


def sentences():
    random.seed(5)
    return [" ".join(random.choices(WORDS, k=random.randint(3, 12))) + random.choice(".!?") for _ in range(400)]


def mask(tokenizer):
    # As the published files of RoBERTa and XLM-R have it: white space before the mask belongs to it.
    tokenizer.add_special_tokens([tokenizers.AddedToken("<mask>", lstrip=True, special=True, normalized=False)])


def byte_level_bpe():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(sentences(), trainers.BpeTrainer(vocab_size=330, special_tokens=FIRST, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    mask(tokenizer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    return tokenizer, ROLES


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(tokenizers.Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(sentences(), trainers.UnigramTrainer(vocab_size=120, special_tokens=FIRST, unk_token="<unk>", show_progress=False))
    mask(tokenizer)
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return tokenizer, ROLES


def word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(sentences(), trainers.WordPieceTrainer(vocab_size=120, special_tokens=specials, show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return tokenizer, dict(zip(["pad_token", "unk_token", "cls_token", "sep_token", "mask_token"], specials))


FAMILIES = {
    "roberta": (byte_level_bpe, dict(max_position_embeddings=42, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1, bos_token_id=0, eos_token_id=2)),
    "xlm-roberta": (unigram, dict(max_position_embeddings=42, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1, bos_token_id=0, eos_token_id=2)),
    "electra": (word_piece, dict(max_position_embeddings=40, type_vocab_size=2, embedding_size=6)),
}


def write(name, root):
    make, more = FAMILIES[name]
    folder = os.path.join(root, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    tokenizer, roles = make()
    # Without it, segments would be left out.
    inputs = ["input_ids", "token_type_ids", "attention_mask"]
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_input_names=inputs, **roles)
    fast.save_pretrained(folder)
    torch.manual_seed(3)
    config = transformers.AutoConfig.for_model(name, vocab_size=len(fast), initializer_range=0.3, **GEOMETRY, **LABELS, **more)
    model = transformers.AutoModelForSequenceClassification.from_config(config).eval()
    with torch.no_grad():
        for key, tensor in model.named_parameters():
            if "LayerNorm" in key or key.endswith("bias"):
                tensor.add_(torch.randn_like(tensor) * 0.1)
    model.save_pretrained(folder)
    rows = [fast(text) for text in TEXTS] + [fast(*pair) for pair in PAIRS]
    batch = fast([*TEXTS], padding=True, return_tensors="pt")
    with torch.no_grad():
        out = model(**batch, output_hidden_states=True)
        pairs = model(**fast(*[list(side) for side in zip(*PAIRS)], padding=True, return_tensors="pt"))
    number = lambda tensor: [float(f"{value:.9g}") for value in tensor.flatten().tolist()]
    expected = {
        "versions": {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__, "torch": torch.__version__},
        "texts": TEXTS,
        "pairs": PAIRS,
        "ids": [row["input_ids"] for row in rows],
        "hiddenStates": [number(state[0][: len(rows[0]["input_ids"])]) for state in out.hidden_states],
        "logits": number(out.logits),
        "pairLogits": number(pairs.logits),
    }
    with open(os.path.join(folder, "expected.json"), "w") as file:
        json.dump(expected, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    for name in FAMILIES:
        write(name, sys.argv[1] if len(sys.argv) > 1 else TARGET)
