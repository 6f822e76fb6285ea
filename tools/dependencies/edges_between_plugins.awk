# Prints the edges of a graph (`bazel query --output=graph`) that lead from one plugin, its config
# included, to another: lines "FROM -> TO". Takes the file twice.

# The plugin to which a target belongs: that of NAME, NAME_cc_proto and NAME_proto is NAME.
function stem(target) {
  sub(/(_cc)?_proto$/, "", target)
  return target
}

{ gsub(/["\\]|^ +/, "") }

# A plugin is a node as it stands; protos of the categories have no such node.
NR == FNR { if (NF == 1) nodes[$1] = 1; next }

$2 == "->" {
  if (stem($3) in nodes && stem($1) != stem($3)) print $1 " -> " $3
}
