"""One folder that runs on its own: `bazel build //:dist` makes bazel-bin/dist."""

def _shared_libraries(targets):
    """Of what the targets link, the part that is not linked statically."""
    libraries = []
    for target in targets:
        for linker_input in target[CcInfo].linking_context.linker_inputs.to_list():
            for library in linker_input.libraries:
                if library.dynamic_library and not (library.static_library or library.pic_static_library):
                    libraries.append(library.resolved_symlink_dynamic_library or library.dynamic_library)
    return libraries

def _dist_impl(ctx):
    places = [(ctx.executable.program, ctx.attr.program_name)]
    for library in _shared_libraries(ctx.attr.libraries):
        places.append((library, "lib/" + library.basename))
    for target, folder in ctx.attr.files.items():
        for file in target.files.to_list():
            places.append((file, (folder + "/" if folder else "") + file.basename))

    out = ctx.actions.declare_directory(ctx.attr.name)
    commands = ["set -eu"]
    for file, place in places:
        to = out.path + "/" + place
        commands.append("mkdir -p '%s' && cp -L '%s' '%s'" % (to.rpartition("/")[0], file.path, to))
    commands.append("chmod -R u+w,a+rX '%s'" % out.path)
    ctx.actions.run_shell(
        outputs = [out],
        inputs = [file for file, _ in places],
        command = "\n".join(commands),
        mnemonic = "Dist",
        progress_message = "Copying what %s needs into one folder" % ctx.attr.program_name,
    )
    return [DefaultInfo(files = depset([out]), runfiles = ctx.runfiles([out]))]

dfkd_dist = rule(
    implementation = _dist_impl,
    doc = "A folder NAME with a program, the shared libraries of `libraries` in lib/, and files.",
    attrs = {
        "program": attr.label(mandatory = True, executable = True, cfg = "target"),
        "program_name": attr.string(mandatory = True),
        "libraries": attr.label_list(providers = [CcInfo], doc = "whose shared libraries it needs"),
        "files": attr.label_keyed_string_dict(allow_files = True, doc = "file -> folder, may be empty"),
    },
)
