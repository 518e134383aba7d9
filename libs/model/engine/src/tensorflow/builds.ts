/**
 * The builds of TensorFlow that the engine runs on, pinned by checksum: its bytes decide what a stage computes. Wheels of
 * another TensorFlow from 2.15 on would load as well (tried up to 2.22), but give other last digits.
 *
 * @see https://pypi.org/project/tensorflow-cpu/2.18.1/
 */
export const TENSORFLOW_BUILDS = {
  cpu: {
    version: '2.18.1',
    platform: 'linux-x64',
    /** What is unpacked takes this much. */
    unpackedBytes: 680e6,
    wheels: [
      {
        project: 'tensorflow-cpu',
        file: 'tensorflow_cpu-2.18.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
        bytes: 230_236_181,
        sha256: '810c75d7149d2da0cb2092187817b0dcabb80728ca9f9cf3a61f3f42fadd1298',
      },
    ],
  },
  /** CUDA 12.5 and cuDNN 9.3, for compute capability 6.0 to 9.0; the driver is the machine's own. */
  cuda: {
    version: '2.18.1',
    platform: 'linux-x64',
    unpackedBytes: 5.5e9,
    wheels: [
      {
        project: 'tensorflow',
        file: 'tensorflow-2.18.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
        bytes: 615_510_377,
        sha256: 'c9f87e5d2a680a4595f5dc30daf6bbaec9d4129b46d7ef1b2af63c46ac7d2828',
      },
      nvidia('cublas', '12.5.3.2', 363_313_169, 'ca070ad70e9fa6654084575d01bd001f30cc4665e33d4bb9fc8e0f321caa034b'),
      nvidia('cuda-cupti', '12.5.82', 13_811_507, 'bde77a5feb66752ec61db2adfe47f56b941842825b4c7e2068aff27c9d107953'),
      nvidia('cuda-nvcc', '12.5.82', 22_468_537, 'b03e545b8e8c3ce7ebcd7fc44063180ff52ff01d064ece2127ed90a04ef12cd0'),
      nvidia('cuda-nvrtc', '12.5.82', 24_873_108, '3dbd97b0104b4bfbc3c4f8c79cd2496307c89c43c29a9f83125f1d76296ff3fd'),
      nvidia('cuda-runtime', '12.5.82', 895_707, '3e79a060e126df40fd3a068f3f787eb000fa51b251ec6cd97d09579632687115'),
      nvidia('cudnn', '9.3.0.75', 577_163_502, '9ad9c6929ebb5295eb4a1728024666d1c88283373e265a0c5c883e6f9d5cd76d'),
      nvidia('cufft', '11.2.3.61', 192_524_114, '9a6e8df162585750f61983a638104a48c756aa13f9f48e19ab079b38e3c828b8'),
      nvidia('curand', '10.3.6.82', 56_309_107, '2823fb27de4e44dbb22394a6adf53aa6e1b013aca0f8c22867d1cfae58405536'),
      nvidia('cusolver', '11.6.3.83', 130_341_232, '93cfafacde4428b71778eeb092ec615a02a3d05404da1bcf91c53e3fa1bce42b'),
      nvidia('cusparse', '12.5.1.3', 217_558_979, '016df8e993c437e8301e62739f01775cba988fd5253cd4c64173f8e8d2f8e752'),
      nvidia('nccl', '2.21.5', 188_654_414, '8579076d30a8c24988834445f8d633c697d42397e92ffc3f63fa26766d25e0a0'),
      nvidia('nvjitlink', '12.5.82', 21_298_879, 'f9b37bc5c8cf7509665cb6ada5aaa0ce65618f2332b7d3e78e9790511f111212'),
    ],
  },
} as const satisfies Readonly<Record<string, TensorflowBuild>>;

export type TensorflowBuildName = keyof typeof TENSORFLOW_BUILDS;

export interface TensorflowBuild {
  readonly version: string;
  /** `process.platform`-`process.arch` that the wheels are for. */
  readonly platform: string;
  readonly unpackedBytes: number;
  /** The first has the library and its headers, the others what it loads. */
  readonly wheels: readonly Wheel[];
}

/** A file of a Python package index. */
export interface Wheel {
  readonly project: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

export function tensorflowBuild(name: TensorflowBuildName): TensorflowBuild {
  return TENSORFLOW_BUILDS[name];
}

function nvidia(part: string, version: string, bytes: number, sha256: string): Wheel {
  const project = `nvidia-${part}-cu12`;
  const file = `${project.replaceAll('-', '_')}-${version}-py3-none-manylinux2014_x86_64.whl`;
  return { project, file, bytes, sha256 };
}
