"""Headline experiments as targets of their own: `bazel run //dfkd/experiments:quickstart`."""

def dfkd_experiment(name, deps = None):
    """The program whose default is the shipped spec NAME: it runs it, and takes dfkd's verbs for it.

    Args:
      name: of the target and of specs/NAME.textproto.
      deps: the plugins to link; all of them where this is None.
    """
    native.cc_binary(
        name = name,
        srcs = ["main.cc"],
        local_defines = ['DFKD_DEFAULT_EXPERIMENT=\\"%s\\"' % name],
        deps = [
            ":command_line",
            ":verbs",
            ":matrices",
            ":specs",
        ] + (deps or [":plugins"]),
        visibility = ["//visibility:public"],
    )
