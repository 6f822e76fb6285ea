"""A library of one GPU kernel."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

# Ampere and Hopper; later ones translate Hopper's PTX when they load it.
_TARGETS = [
    "arch=compute_80,code=sm_80",
    "arch=compute_90,code=sm_90",
    "arch=compute_90,code=compute_90",
]

# nvcc looks for its parts beside itself; the wheels that it comes in hold one each.
_SCRIPT = """
set -euo pipefail
root=$PWD/$1; nvcc=$2; crt=$3; nvvm=$4; headers=$5; shift 5
mkdir -p "$root/bin" "$root/include"
ln -s "$PWD/$nvcc"/bin/* "$root/bin/"
ln -s "$PWD/$headers"/include/* "$root/include/"
ln -s "$PWD/$crt/include/crt" "$root/include/crt"
ln -s "$PWD/$nvvm/nvvm" "$root/nvvm"
exec "$root/bin/nvcc" "$@"
"""

def _cuda_object_impl(ctx):
    cc = find_cpp_toolchain(ctx)
    out = ctx.actions.declare_file(ctx.label.name + ".pic.o")
    folders = {}
    for file in ctx.files._compiler:
        name = file.owner.workspace_name
        folders[name] = file.owner.workspace_root
    for name in ["nvcc", "cuda_crt", "nvvm", "libcudart"]:
        if name not in folders:
            fail("%s is compiled by nvcc: build with --config=cuda" % ctx.label)
    arguments = ctx.actions.args()
    arguments.add(out.path + ".toolkit")
    for name in ["nvcc", "cuda_crt", "nvvm", "libcudart"]:
        arguments.add(folders[name])
    arguments.add("-c", ctx.file.src)
    arguments.add("-o", out)
    arguments.add("-ccbin", cc.compiler_executable)
    arguments.add_all(["-std=c++20", "-O3", "-I.", "-Xcompiler", "-fPIC,-Wall,-Wextra"])
    for target in _TARGETS:
        arguments.add("-gencode", target)
    ctx.actions.run_shell(
        command = _SCRIPT,
        arguments = [arguments],
        inputs = depset([ctx.file.src] + ctx.files.hdrs + ctx.files._compiler, transitive = [cc.all_files]),
        outputs = [out],
        mnemonic = "Nvcc",
        progress_message = "Compiling %s with nvcc" % ctx.file.src.short_path,
        env = {"PATH": "/usr/bin:/bin"},
    )
    return [DefaultInfo(files = depset([out]))]

_cuda_object = rule(
    implementation = _cuda_object_impl,
    attrs = {
        "hdrs": attr.label_list(allow_files = [".h"]),
        "src": attr.label(allow_single_file = [".cu"], mandatory = True),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
        "_compiler": attr.label(default = "//tools/cuda:compiler"),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)

def cuda_library(name, src, hdrs = [], visibility = None):
    """A .cu file that needs CUDA's run time and no LibTorch. Only what is built with --config=cuda
    may depend on it, through a select.

    Args:
      name: of the target.
      src: the .cu file.
      hdrs: what it includes from this repository, and offers.
      visibility: of the target.
    """
    _cuda_object(
        name = name + "_object",
        src = src,
        hdrs = hdrs,
        tags = ["manual"],
    )
    native.cc_library(
        name = name,
        srcs = [":%s_object" % name],
        hdrs = hdrs,
        tags = ["manual"],
        visibility = visibility,
        deps = ["@libcudart//:library"],
    )
