"""Repositories of the libraries, data and weights that are listed in pins.bzl.

Two rules, because upstreams publish in two ways: source archives and wheels. Both look in the
cache of this machine first, and both refuse whatever does not have the pinned SHA-256.
"""

load("//third_party:pins.bzl", "SOURCE_ARCHIVES", "WHEELS")

def _cache(repository_ctx):
    """The cache directory; bazelw exports it, a bare `bazel` gets the same default."""
    environ = repository_ctx.os.environ
    if "DFKD_CACHE" in environ:
        return environ["DFKD_CACHE"]
    return environ.get("XDG_CACHE_HOME", environ.get("HOME", "/tmp") + "/.cache") + "/dfkd"

def _run(repository_ctx, arguments):
    result = repository_ctx.execute(arguments, timeout = 1800)
    if result.return_code != 0:
        fail("{}: {}\n{}{}".format(
            repository_ctx.name,
            " ".join([str(argument) for argument in arguments]),
            result.stdout,
            result.stderr,
        ))
    return result.stdout.strip()

def _has_sha256(repository_ctx, path, sha256):
    result = repository_ctx.execute(["sha256sum", path])
    return result.return_code == 0 and result.stdout.startswith(sha256)

def _add_build_file(repository_ctx):
    if repository_ctx.attr.build_file:
        for name in ["BUILD", "BUILD.bazel"]:
            repository_ctx.delete(name)
        repository_ctx.symlink(repository_ctx.attr.build_file, "BUILD.bazel")

def _source_archive_impl(repository_ctx):
    attr = repository_ctx.attr
    downloads = _cache(repository_ctx) + "/downloads"
    _run(repository_ctx, ["mkdir", "-p", downloads])

    # The distribution's tarball and the upstream one hold the same release, packed differently at
    # times, so each has its own hash.
    archive = None
    for sha256 in [attr.debian_sha256, attr.sha256]:
        cached = "{}/{}.tar".format(downloads, sha256)
        if not archive and sha256 and _has_sha256(repository_ctx, cached, sha256):
            archive = cached
    reason = "no source package is named"
    if not archive and attr.debian_source:
        repository_ctx.report_progress("fetching Debian's source package " + attr.debian_source)
        sha256 = attr.debian_sha256 or attr.sha256
        wanted = "{}/{}.tar".format(downloads, sha256)
        result = repository_ctx.execute([
            repository_ctx.path(Label("//third_party:fetch_source.sh")),
            _cache(repository_ctx),
            attr.debian_source,
            sha256,
            wanted,
        ])
        if result.return_code == 0 and _has_sha256(repository_ctx, wanted, sha256):
            archive = wanted
        reason = result.stderr
    if not archive:
        repository_ctx.report_progress("fetching " + attr.urls[0])
        result = repository_ctx.download(
            attr.urls,
            output = "upstream.tar",
            sha256 = attr.sha256,
            allow_fail = True,
        )
        if not result.success:
            fail("{}: neither Debian's sources ({}) nor {} could be fetched.".format(
                repository_ctx.name,
                reason.strip(),
                attr.urls,
            ))
        archive = "{}/{}.tar".format(downloads, attr.sha256)
        _run(repository_ctx, ["mv", "upstream.tar", archive])

    # tar knows every compression by its first bytes; the top directory's name is not the same
    # in both tarballs.
    _run(repository_ctx, ["tar", "-xf", archive, "--strip-components=1", "--no-same-owner"])
    _add_build_file(repository_ctx)

source_archive = repository_rule(
    implementation = _source_archive_impl,
    doc = "A release of a library: from the cache, else Debian's source package, else upstream.",
    attrs = {
        "build_file": attr.label(doc = "Replaces the archive's own BUILD file."),
        "debian_sha256": attr.string(doc = "Of Debian's tarball, where it is packed anew."),
        "debian_source": attr.string(),
        "sha256": attr.string(mandatory = True),
        "urls": attr.string_list(mandatory = True),
    },
    environ = ["DFKD_CACHE"],
)

def _wheel_impl(repository_ctx):
    attr = repository_ctx.attr
    cache = _cache(repository_ctx)
    extracted = "{}/extracted/{}".format(cache, attr.sha256)
    if not repository_ctx.path(extracted).exists:
        # Bazel goes by the suffix, and knows no ".whl".
        wheel = "{}/downloads/{}.zip".format(cache, attr.sha256)
        _run(repository_ctx, ["mkdir", "-p", cache + "/downloads", cache + "/extracted"])
        if not _has_sha256(repository_ctx, wheel, attr.sha256):
            repository_ctx.report_progress("fetching the wheel of " + attr.requirement)
            _run(repository_ctx, [
                repository_ctx.path(Label("//third_party:fetch_wheel.sh")),
                attr.requirement,
                attr.sha256,
                wheel,
            ])
            if not _has_sha256(repository_ctx, wheel, attr.sha256):
                fail("{}: {} has another SHA-256 than {}".format(
                    repository_ctx.name,
                    attr.requirement,
                    attr.sha256,
                ))

        # Unpacked once per machine, not once per checkout: LibTorch alone is 1 GB. Another
        # checkout may be at it too; the first to finish wins.
        repository_ctx.report_progress("unpacking " + attr.requirement)
        repository_ctx.extract(wheel, output = "wheel")
        _run(repository_ctx, ["bash", "-c", """
            set -e
            rm -rf "$1.$$" && mv wheel "$1.$$" && mv -T "$1.$$" "$1" || { rm -rf "$1.$$"; test -d "$1"; }
        """, "bash", extracted])
    for name, path in attr.links.items():
        repository_ctx.symlink(extracted + "/" + path, name)
    _add_build_file(repository_ctx)

wheel = repository_rule(
    implementation = _wheel_impl,
    doc = "Files of a wheel, which pip fetches. Nothing of it is run.",
    attrs = {
        "build_file": attr.label(mandatory = True),
        "links": attr.string_dict(doc = "Name in the repository -> path in the wheel."),
        "requirement": attr.string(mandatory = True),
        "sha256": attr.string(mandatory = True),
    },
    environ = ["DFKD_CACHE"],
)

def _absent_impl(repository_ctx):
    repository_ctx.file("BUILD.bazel", "".join([
        "cc_library(name = \"%s\", visibility = [\"//visibility:public\"])\n" % target
        for target in repository_ctx.attr.targets
    ]))

absent = repository_rule(
    implementation = _absent_impl,
    doc = "Empty libraries in place of a repository that is named but not used.",
    attrs = {"targets": attr.string_list(mandatory = True)},
)

def third_party_repositories():
    # googletest uses it in a configuration that is not ours; `bazel fetch` and `bazel query` go
    # through all of them.
    absent(name = "com_googlesource_code_re2", targets = ["re2"])
    for archive in SOURCE_ARCHIVES:
        source_archive(**archive)
    for pin in WHEELS:
        wheel(**pin)
