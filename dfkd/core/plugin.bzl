"""Rules for plugins. A plugin is NAME.proto, NAME.cc, NAME_test.cc and, where others need the class,
NAME.h, in one directory, with one line in its BUILD file (docs/adding_a_plugin.md)."""

_PLUGIN_TAG = "dfkd_plugin"
_BUNDLE_TAG = "dfkd_bundle"
_TEST_SUFFIX = "_test_sources"

def dfkd_plugin(name, deps = [], proto_deps = [], test_deps = [], test_data = [], visibility = None, **kwargs):
    """A plugin: its config proto, its class, and its test (run by the category's bundle).

    Fails where a bundle stands above it in the BUILD file, as that would miss it.

    Args:
      name: the file stem, which is also the plugin's short name.
      deps: what NAME.cc and NAME.h use, the category's interface among them.
      proto_deps: what NAME.proto imports beyond field_rule.proto and experiment.proto.
      test_deps: what NAME_test.cc uses beyond deps and googletest.
      test_data: files that NAME_test.cc reads (goldens).
      visibility: of the plugin and its config.
      **kwargs: passed to cc_library.
    """
    for rule_name, rule in native.existing_rules().items():
        if _BUNDLE_TAG in rule.get("tags", []):
            fail("dfkd_plugin(%s) stands below dfkd_bundle(%s), which would miss it: move it up" %
                 (name, rule_name))
    native.proto_library(
        name = name + "_proto",
        srcs = [name + ".proto"],
        deps = [
            "//dfkd/core:experiment_proto",
            "//dfkd/core:field_rule_proto",
            "@com_google_protobuf//:any_proto",
        ] + proto_deps,
        visibility = visibility,
    )
    native.cc_proto_library(
        name = name + "_cc_proto",
        deps = [":" + name + "_proto"],
        visibility = visibility,
    )
    native.cc_library(
        name = name,
        srcs = [name + ".cc"],
        hdrs = native.glob([name + ".h"]),
        deps = [
            ":" + name + "_cc_proto",
            "//dfkd/core:registry",
            "//dfkd/core:status",
        ] + deps,
        tags = [_PLUGIN_TAG],
        alwayslink = True,
        visibility = visibility,
        **kwargs
    )
    native.cc_library(
        name = name + _TEST_SUFFIX,
        testonly = True,
        srcs = native.glob([name + "_test.cc"]),
        data = test_data,
        deps = [
            ":" + name,
            ":" + name + "_cc_proto",
            "//dfkd/core:registry",
            "//dfkd/core:status",
            "@com_google_googletest//:gtest",
        ] + deps + test_deps,
        alwayslink = True,
        tags = ["manual"],
    )

def dfkd_bundle(name, deps = [], test_size = "small"):
    """Collects every plugin above it in this BUILD file. Must be the last rule of the file.

    Makes NAME (all plugins, to link) and NAME_test (all their tests in one binary).

    Args:
      name: usually the directory's name.
      deps: libraries that belong to the bundle beside the plugins, such as embedded presets.
      test_size: of the test.
    """
    rules = native.existing_rules()
    plugins = [":" + n for n in sorted(rules) if _PLUGIN_TAG in rules[n].get("tags", [])]
    if not plugins:
        fail("dfkd_bundle(%s) stands above every dfkd_plugin: move it to the end of the file" % name)
    native.cc_library(
        name = name,
        deps = plugins + deps,
        visibility = ["//visibility:public"],
        tags = [_BUNDLE_TAG],
    )
    native.cc_test(
        name = name + "_test",
        size = test_size,
        deps = [p + _TEST_SUFFIX for p in plugins] + [":" + name, "@com_google_googletest//:gtest_main"],
    )

def dfkd_embed(name, category, srcs, visibility = ["//visibility:public"]):
    """Links textprotos into the binary, to be found by category and file stem (core/embedded.h).

    Args:
      name: of the cc_library.
      category: "model_preset", "encoder_preset" (each file one config, see core/embedded.h),
        "experiment" …
      srcs: the .textproto files; two with one stem fail the build, also where they stand in
        different packages and meet in one binary.
      visibility: of the library.
    """
    stems = {}
    for src in srcs:
        stem = src.split("/")[-1].rsplit(".", 1)[0]
        if stem in stems:
            fail("%s: the name %s is defined by both %s and %s" % (name, stem, stems[stem], src))
        stems[stem] = src
    native.genrule(
        name = name + "_gen",
        srcs = srcs,
        outs = [name + "_embedded.cc"],
        cmd = "$(location //dfkd/core:embed) %s $@ $(SRCS)" % category,
        tools = ["//dfkd/core:embed"],
    )
    native.cc_library(
        name = name,
        srcs = [name + "_embedded.cc"],
        deps = ["//dfkd/core:embedded"],
        alwayslink = True,
        visibility = visibility,
    )

def dfkd_binary(name, plugins, **kwargs):
    """The dfkd program with the given plugins (bundles or single ones, from any repository)."""
    native.cc_binary(
        name = name,
        deps = ["//dfkd/experiments:main"] + plugins,
        **kwargs
    )
