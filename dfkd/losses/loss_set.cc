#include "dfkd/losses/loss_set.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>

#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/any_config.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

std::string ItemPath(absl::string_view path, int index) {
  return absl::StrCat(path, "[", index, "]");
}

std::string ValueText(double value) {
  if (std::isnan(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

}  // namespace

absl::StatusOr<Capabilities> LossSet::Needs(const Specs& specs, absl::string_view path) {
  DFKD_RETURN_IF_ERROR(Names(specs, path).status());
  Capabilities needs;
  for (int i = 0; i < specs.size(); ++i) {
    DFKD_ASSIGN_OR_RETURN(const Contract contract,
                          Registry<Loss>::Get().GetContract(specs[i].config(), ItemPath(path, i)));
    // A term of weight 0 is off for good: it needs nothing, and is not computed.
    if (specs[i].weight() != 0) needs = needs | contract.needs;
  }
  return needs;
}

absl::StatusOr<std::vector<std::string>> LossSet::Names(const Specs& specs,
                                                        absl::string_view path) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (int i = 0; i < specs.size(); ++i) {
    // Names the type that is not linked, where it is not.
    DFKD_RETURN_IF_ERROR(PluginCatalog::Get()
                             .Unpack(Loss::kCategory, specs[i].config(), ItemPath(path, i))
                             .status());
    names.push_back(specs[i].has_name()
                        ? specs[i].name()
                        : PluginCatalog::Get().FindByType(AnyTypeName(specs[i].config()))->name);
    if (!seen.insert(names.back()).second) {
      return ConfigError(absl::StrCat(ItemPath(path, i), " is the second loss named \"",
                                      names.back(), "\"; give it a name of its own"));
    }
  }
  return names;
}

absl::StatusOr<std::unique_ptr<LossSet>> LossSet::Create(const Specs& specs,
                                                         const LossContext& context,
                                                         absl::string_view path) {
  std::unique_ptr<LossSet> set(new LossSet());
  DFKD_ASSIGN_OR_RETURN(set->needs_, Needs(specs, path));
  DFKD_ASSIGN_OR_RETURN(const std::vector<std::string> names, Names(specs, path));
  for (int i = 0; i < specs.size(); ++i) {
    Term term;
    term.name = names[i];
    term.weight = specs[i].weight();
    term.enabled = term.weight != 0;
    DFKD_ASSIGN_OR_RETURN(const Contract contract,
                          Registry<Loss>::Get().GetContract(specs[i].config(), ItemPath(path, i)));
    term.needs = contract.needs;
    DFKD_ASSIGN_OR_RETURN(
        term.loss, Registry<Loss>::Get().Create(specs[i].config(), context, ItemPath(path, i)));
    set->terms_.push_back(std::move(term));
  }
  return set;
}

std::vector<at::Tensor> LossSet::Parameters() const {
  std::vector<at::Tensor> parameters;
  for (const Term& term : terms_) {
    for (at::Tensor& parameter : term.loss->Parameters()) {
      parameters.push_back(std::move(parameter));
    }
  }
  return parameters;
}

std::vector<std::string> LossSet::names() const {
  std::vector<std::string> names;
  for (const Term& term : terms_) names.push_back(term.name);
  return names;
}

bool LossSet::Has(absl::string_view name) const {
  for (const Term& term : terms_) {
    if (term.name == name) return true;
  }
  return false;
}

Capabilities LossSet::EnabledNeeds() const {
  Capabilities needs;
  for (const Term& term : terms_) {
    if (term.enabled) needs = needs | term.needs;
  }
  return needs;
}

void LossSet::SetEnabledWhereNeeded(Capability capability, bool enabled) {
  for (Term& term : terms_) {
    if (term.needs.Has(capability)) term.enabled = enabled && term.weight != 0;
  }
}

bool LossSet::SetEnabled(absl::string_view name, bool enabled) {
  for (Term& term : terms_) {
    if (term.name != name) continue;
    term.enabled = enabled && term.weight != 0;
    return true;
  }
  return false;
}

absl::StatusOr<at::Tensor> LossSet::Total(const LossInput& input, OnTerm on_term) {
  at::Tensor total;
  std::vector<at::Tensor> values;
  std::vector<const Term*> computed;
  for (Term& term : terms_) {
    if (!term.enabled) continue;
    const at::Tensor value = term.loss->Compute(input);
    on_term(term.name, value);
    for (const Loss::Note& note : term.loss->Notes()) {
      on_term(absl::StrCat(term.name, "_", note.name), note.value);
    }
    const at::Tensor weighted = value * term.weight;
    total = total.defined() ? total + weighted : weighted;
    values.push_back(value.detach());
    computed.push_back(&term);
  }
  if (computed.empty()) return ConfigError("no loss is left to minimise: every one is off");
  const at::Tensor on_host = at::stack(values).to(at::kCPU, at::kDouble);
  for (size_t i = 0; i < computed.size(); ++i) {
    const double value = on_host.const_data_ptr<double>()[i];
    if (!std::isfinite(value)) {
      return DivergedError(absl::StrCat("loss ", computed[i]->name, " is ", ValueText(value)));
    }
  }
  return total;
}

absl::StatusOr<at::Tensor> LossSet::Total(const LossInput& input) {
  return Total(input, [](absl::string_view, const at::Tensor&) {});
}

void LossSet::EndBatch() {
  for (Term& term : terms_) {
    if (term.enabled) term.loss->EndBatch();
  }
}

void LossSet::Save(StateWriter writer) const {
  for (const Term& term : terms_) term.loss->Save(writer.Scope(term.name));
}

absl::Status LossSet::Load(const StateReader& reader) {
  for (Term& term : terms_) {
    DFKD_RETURN_IF_ERROR(Annotate(term.loss->Load(reader.Scope(term.name)), term.name));
  }
  return absl::OkStatus();
}

}  // namespace dfkd
