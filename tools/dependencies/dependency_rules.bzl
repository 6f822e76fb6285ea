"""Tests of which way dependencies point: core <- category interface <- plugin <- experiment.

The rules are queries over the build's own graph (genquery), so that no list has to be kept.
"""

def _dependency_rule(name, rule, query, scope, expected, by_plugin = False):
    """A test that passes if `query` finds just what is expected.

    Args:
      name: of the test.
      rule: a sentence, which a failing test prints.
      query: targets that break the rule; by_plugin: plugins and their protos, of which only those
        edges count that lead from one plugin to another.
      scope: what the query may see.
      expected: lines of the query's result; none in a tree that keeps the rule.
      by_plugin: see query.
    """
    native.genquery(
        name = name + "_query",
        testonly = True,
        expression = query,
        opts = [
            "--nohost_deps",
            "--noimplicit_deps",
        ] + (["--output=graph", "--nograph:factored"] if by_plugin else []),
        scope = scope,
    )
    found = name + "_query"
    if by_plugin:
        found = name + "_edges"
        native.genrule(
            name = found,
            testonly = True,
            srcs = [
                ":edges_between_plugins.awk",
                ":" + name + "_query",
            ],
            outs = [found + ".txt"],
            # Read twice: first the plugins, then the edges.
            cmd = "set -- $(SRCS); awk -f $$1 $$2 $$2 | LC_ALL=C sort >$@",
        )
    native.sh_test(
        name = name,
        size = "small",
        srcs = ["expect_lines.sh"],
        args = ["$(location :%s)" % found, "'%s'" % rule] + ["'%s'" % line for line in expected],
        data = [":" + found],
    )

def dependency_rules(
        name,
        binary,
        root,
        libtorch,
        libtorch_users,
        core_may_know = [],
        expected = {}):
    """One test for each rule, and a suite of that name.

    Args:
      name: of the suite, and the start of each test's name.
      binary: what links everything.
      root: the package prefix of the rules' tree, such as "//dfkd/".
      libtorch: the label that core stays clear of,
      libtorch_users: but for these targets of it.
      core_may_know: targets beside core.
      expected: rule -> what breaks it; {} for a tree that keeps them all.
    """
    linked = "let linked = filter('^%s', deps(%s)) in " % (root, binary)
    plugins = "let plugins = attr(tags, '\\bdfkd_plugin\\b', $linked) in "
    bundles = "let bundles = attr(tags, '\\bdfkd_bundle\\b', $linked) in "
    experiments = "let experiments = filter('^%sexperiments[:/]', $linked) in " % root
    core = "let core = filter('^%score[:/]', $linked) in " % root
    rules = {
        "plugins_know_no_other_plugin": struct(
            rule = "No plugin depends on another plugin, or on its config.",
            query = linked + plugins +
                    "let protos = kind(cc_proto_library, labels(deps, $plugins)) in " +
                    "$plugins union $protos union kind(proto_library, labels(deps, $protos))",
            by_plugin = True,
        ),
        "only_bundles_know_plugins": struct(
            rule = "Only a bundle or an experiment depends on a plugin.",
            query = linked + plugins + bundles + experiments +
                    "rdeps($linked, $plugins, 1) except ($plugins union $bundles union $experiments)",
        ),
        "only_experiments_know_bundles": struct(
            rule = "Only an experiment depends on a bundle.",
            query = linked + bundles + experiments +
                    "rdeps($linked, $bundles, 1) except ($bundles union $experiments)",
        ),
        "nothing_knows_experiments": struct(
            rule = "Nothing depends on an experiment or on the command line.",
            query = linked + experiments + "rdeps($linked, $experiments, 1) except $experiments",
        ),
        "core_knows_only_core": struct(
            rule = "core depends on nothing else in the tree, but for what BUILD.bazel names.",
            query = linked + core + "kind(rule, filter('^%s', deps($core))) except ($core union set(%s))" %
                                    (root, " ".join(core_may_know)),
        ),
        "core_is_free_of_libtorch": struct(
            rule = "In core, only what keeps tensors depends on LibTorch.",
            query = linked + core + "(rdeps(deps($core), %s) intersect $core) except set(%s)" %
                                    (libtorch, " ".join([libtorch] + libtorch_users)),
        ),
    }
    for key, rule in rules.items():
        _dependency_rule(
            name = "%s_%s" % (name, key),
            rule = rule.rule,
            query = rule.query,
            scope = [binary],
            expected = expected.get(key, []),
            by_plugin = getattr(rule, "by_plugin", False),
        )
    native.test_suite(
        name = name,
        tests = [":%s_%s" % (name, key) for key in rules],
    )
