#include "dfkd/core/resolve.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/field_check.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/presets.h"
#include "dfkd/core/set_override.h"
#include "dfkd/core/sha256.h"
#include "dfkd/core/spec_files.h"
#include "dfkd/core/spec_merge.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

constexpr absl::string_view kPresetAssignment = "preset=";

// What a spec says of its layers is used up by resolving them.
void DropLayerFields(Experiment* spec) {
  spec->clear_base();
  spec->clear_preset();
  spec->clear_presets();
}

absl::Status AddLayer(Experiment layer, absl::string_view where, Experiment* spec) {
  DropLayerFields(&layer);
  DFKD_RETURN_IF_ERROR(Annotate(MoveRenamedFields(&layer, ""), where));
  DFKD_RETURN_IF_ERROR(Annotate(MergeSpec(layer, spec), where));
  return Annotate(ExpandPresets(spec), where);
}

// The overlay that is laid over the base files: what the last of the files asks for.
std::string ChosenPreset(const std::vector<SpecFile>& files,
                         const std::vector<std::string>& overrides) {
  std::string chosen;
  for (const SpecFile& file : files) {
    if (file.content.has_preset()) chosen = file.content.preset();
  }
  for (absl::string_view assignment : overrides) {
    if (absl::ConsumePrefix(&assignment, kPresetAssignment)) chosen = std::string(assignment);
  }
  return chosen;
}

// Every overlay of this name that the files offer, base files first.
absl::Status AddPreset(const std::string& name, const std::vector<SpecFile>& files,
                       Experiment* spec) {
  bool found = false;
  std::vector<std::string> offered;
  for (const SpecFile& file : files) {
    for (const Preset& preset : file.content.presets()) {
      offered.push_back(preset.name());
      if (preset.name() != name) continue;
      found = true;
      const std::string where = absl::StrCat(file.label, ", preset \"", name, "\"");
      const Experiment& overlay = preset.overlay();
      if (overlay.base_size() > 0 || overlay.has_preset() || overlay.presets_size() > 0) {
        return ConfigError(absl::StrCat(where, ": an overlay cannot have base, preset or presets"));
      }
      DFKD_RETURN_IF_ERROR(AddLayer(overlay, where, spec));
    }
  }
  if (found) return absl::OkStatus();
  return ConfigError(absl::StrCat(files.back().label, ": no preset \"", name,
                                  "\" is offered by it or its base files; they offer ",
                                  offered.empty() ? "none" : absl::StrJoin(offered, ", "),
                                  DidYouMean(name, offered)));
}

absl::Status AddOverrides(const std::vector<std::string>& overrides, Experiment* spec) {
  for (const std::string& assignment : overrides) {
    if (absl::StartsWith(assignment, kPresetAssignment)) continue;
    DFKD_RETURN_IF_ERROR(ApplySet(assignment, spec));
    const std::string where = absl::StrCat("--set ", assignment);
    if (spec->base_size() > 0 || spec->has_preset() || spec->presets_size() > 0) {
      return ConfigError(absl::StrCat(where,
                                      ": base and presets belong in a file; preset=NAME "
                                      "chooses an overlay"));
    }
    DFKD_RETURN_IF_ERROR(Annotate(MoveRenamedFields(spec, ""), where));
    DFKD_RETURN_IF_ERROR(Annotate(ExpandPresets(spec), where));
  }
  return absl::OkStatus();
}

// Everything that has a default is spelled out, so that a reader sees all of it.
absl::StatusOr<ResolvedSpec> Finish(Experiment spec, std::string name, std::string origin) {
  spec.mutable_train();
  spec.mutable_evaluation();
  SpellOutDefaults(&spec);
  DFKD_RETURN_IF_ERROR(CheckFields(spec, ""));
  ResolvedSpec resolved;
  resolved.name = std::move(name);
  resolved.origin = std::move(origin);
  resolved.canonical_text = PrintTextproto(spec);
  resolved.fingerprint = Fingerprint(resolved.canonical_text);
  resolved.spec = std::move(spec);
  return resolved;
}

}  // namespace

std::string ResolvedSpec::ToFile() const {
  return absl::StrCat("# ", origin, "\n", canonical_text);
}

absl::StatusOr<ResolvedSpec> ResolveSpec(absl::string_view path_or_name,
                                         const std::vector<std::string>& overrides) {
  DFKD_ASSIGN_OR_RETURN(const std::vector<SpecFile> files, LoadSpecFiles(path_or_name));
  const SpecFile& top = files.back();
  Experiment spec;
  for (const SpecFile& file : files) {
    if (&file != &top) DFKD_RETURN_IF_ERROR(AddLayer(file.content, file.label, &spec));
  }
  const std::string preset = ChosenPreset(files, overrides);
  if (!preset.empty()) DFKD_RETURN_IF_ERROR(AddPreset(preset, files, &spec));
  DFKD_RETURN_IF_ERROR(AddLayer(top.content, top.label, &spec));
  DFKD_RETURN_IF_ERROR(AddOverrides(overrides, &spec));

  std::string origin = absl::StrCat("Resolved from ", top.label);
  if (!preset.empty()) absl::StrAppend(&origin, ", preset ", preset);
  for (const std::string& assignment : overrides) {
    if (absl::StartsWith(assignment, kPresetAssignment)) continue;
    absl::StrAppend(&origin, ", --set ", absl::StrReplaceAll(assignment, {{"\n", " "}}));
  }
  return Finish(std::move(spec), top.name, std::move(origin));
}

absl::StatusOr<ResolvedSpec> ResolveExperiment(Experiment spec, absl::string_view name) {
  Experiment merged;
  DFKD_RETURN_IF_ERROR(AddLayer(std::move(spec), name, &merged));
  return Finish(std::move(merged), std::string(name), absl::StrCat("Resolved from ", name));
}

std::string Fingerprint(absl::string_view canonical_text,
                        const std::map<std::string, std::string>& chosen) {
  std::string text(canonical_text);
  for (const auto& [key, value] : chosen) absl::StrAppend(&text, "# ", key, ": ", value, "\n");
  return Sha256Hex(text);
}

}  // namespace dfkd
