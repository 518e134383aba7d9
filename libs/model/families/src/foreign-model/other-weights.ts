/** Weights in a format that Retort does not read: how its files are called, what they are, and what to do. */
interface OtherWeights {
  readonly files: RegExp;
  readonly advice: string;
}

/** Tensors that share memory, such as tied embeddings, have to be copied. */
const FROM_PYTORCH = `python3 -c "import glob, torch; from safetensors.torch import save_file; save_file({k: v.clone().contiguous() for f in glob.glob('pytorch_model*.bin') for k, v in torch.load(f, map_location='cpu', weights_only=True).items()}, 'model.safetensors', metadata={'format': 'pt'})"`;
const FROM_GOOGLE = `python3 -c "from transformers import BertConfig, BertForPreTraining as B; B.from_pretrained('bert_model.ckpt.index', from_tf=True, config=BertConfig.from_json_file('bert_config.json')).save_pretrained('.')"`;
const INSTALL_TENSORFLOW = 'pip install "transformers<5" torch tensorflow';

function byTransformers(option: string): string {
  return `python3 -c "import transformers as t; c = t.AutoConfig.from_pretrained('.'); getattr(t, c.architectures[0]).from_pretrained('.', ${option}=True).save_pretrained('.')"`;
}

/** Only the first that fits is reported, so what can be converted comes before what cannot. */
const FORMATS: readonly OtherWeights[] = [
  {
    files: /^pytorch_model.*\.bin(\.index\.json)?$/,
    advice: `a format that can run code when it is read. Convert them in that folder (pip install torch safetensors):\n${FROM_PYTORCH}`,
  },
  {
    files: /^tf_model.*\.h5(\.index\.json)?$/,
    advice: `a TensorFlow checkpoint. Convert it in that folder (${INSTALL_TENSORFLOW}):\n${byTransformers('from_tf')}`,
  },
  {
    files: /\.ckpt(-\d+)?\.(index|meta|data-\d+-of-\d+)$/,
    advice: `a checkpoint of TensorFlow 1, as Google published BERT. Convert it in that folder (${INSTALL_TENSORFLOW}), with the names of your files:\n${FROM_GOOGLE}`,
  },
  {
    files: /^flax_model.*\.msgpack(\.index\.json)?$/,
    advice: `a Flax checkpoint. Convert it in that folder (pip install "transformers<5" torch flax):\n${byTransformers('from_flax')}`,
  },
  {
    files: /^adapter_model\.(safetensors|bin)$/,
    advice:
      'an adapter without its base model. Merge it (PeftModel.merge_and_unload), and use what save_pretrained writes.',
  },
  {
    files: /-\d+-of-\d+\.safetensors$/,
    advice: 'one of several files whose index is missing. Add model.safetensors.index.json from the same model.',
  },
  {
    files: /\.safetensors$/,
    advice:
      'which has another name than expected. Rename the file to model.safetensors if it contains the complete model.',
  },
  {
    files: /\.(pt|pth|ckpt|bin)$/,
    advice:
      'a format that can run code when it is read. Load it with the code that wrote it, and use what save_pretrained writes.',
  },
  {
    files: /^saved_model\.pb$|\.(h5|keras|tflite)$/,
    advice:
      'a TensorFlow model without the tensor names of a BERT. Use what save_pretrained writes for the original model.',
  },
  {
    files: /\.(gguf|onnx|ot|mlmodel|mlpackage|engine)$/,
    advice: 'an export format. Use the HuggingFace folder that it was made from.',
  },
];

/** Weights among the files of a folder that could be converted, and how. */
export function otherWeights(names: readonly string[]): { name: string; message: string } | undefined {
  for (const { files, advice } of FORMATS) {
    const [name] = names.filter((each) => files.test(each)).sort();
    if (name !== undefined) return { name, message: `The weights are in ${name}, ${advice}` };
  }
  return undefined;
}
