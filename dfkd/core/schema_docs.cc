#include "dfkd/core/schema_docs.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/any_config.h"
#include "dfkd/core/embedded.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/field_check.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/presets.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/spec_matrix.h"
#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"

namespace dfkd {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::MessageFactory;
using ::google::protobuf::TextFormat;

constexpr char kExperiment[] = "experiment";

std::string TypeText(const FieldDescriptor* field) {
  if (IsAny(field)) return absl::StrCat(RuleOf(field).category(), " config");
  if (field->message_type() != nullptr) return field->message_type()->name();
  if (field->enum_type() == nullptr) return field->type_name();
  std::vector<std::string> values;
  for (int i = 0; i < field->enum_type()->value_count(); ++i) {
    values.push_back(field->enum_type()->value(i)->name());
  }
  return absl::StrCat("one of ", absl::StrJoin(values, ", "));
}

std::string DefaultText(const FieldDescriptor* field) {
  if (!field->has_default_value()) return "";
  // Reading an absent field gives its default.
  const Message* empty =
      MessageFactory::generated_factory()->GetPrototype(field->containing_type());
  std::string text;
  TextFormat::PrintFieldValueToString(*empty, field, -1, &text);
  return text;
}

std::string Items(int count) { return absl::StrCat(count, count == 1 ? " item" : " items"); }

std::string LimitsText(const FieldRule& rule) {
  std::vector<std::string> limits;
  const std::string range = RangeText(rule);
  if (!range.empty()) limits.push_back(range);
  if (rule.has_min_items()) limits.push_back("at least " + Items(rule.min_items()));
  if (rule.has_max_items()) limits.push_back("at most " + Items(rule.max_items()));
  return absl::StrJoin(limits, ", ");
}

std::string HelpText(const FieldRule& rule) {
  std::string help = rule.help();
  std::string note;
  if (rule.has_renamed_to()) {
    note = absl::StrCat("(now called ", rule.renamed_to(), ")");
  } else if (rule.status() == FieldRule::DEPRECATED) {
    note = "(deprecated)";
  } else if (rule.status() == FieldRule::EXPERIMENTAL) {
    note = "(experimental)";
  }
  return absl::StrCat(help, help.empty() || note.empty() ? "" : " ", note);
}

std::vector<FieldDoc> DescribeFields(const Descriptor* type) {
  std::vector<FieldDoc> fields;
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    const FieldRule& rule = RuleOf(field);
    FieldDoc doc;
    doc.name = field->name();
    doc.type = absl::StrCat(field->is_repeated() ? "list of " : "", TypeText(field));
    doc.default_value = DefaultText(field);
    doc.limits = LimitsText(rule);
    doc.unit = rule.unit();
    doc.help = HelpText(rule);
    doc.paper = rule.paper();
    doc.required = rule.required();
    fields.push_back(std::move(doc));
  }
  return fields;
}

// Adds the messages that `type` holds, each once; those of a spec have a page of their own.
void AddMessages(const Descriptor* type, bool of_spec, std::vector<const Descriptor*>* found) {
  for (int i = 0; i < type->field_count(); ++i) {
    const Descriptor* held = type->field(i)->message_type();
    if (held == nullptr || IsAny(type->field(i))) continue;
    if ((held->file() == Experiment::descriptor()->file()) != of_spec) continue;
    if (std::find(found->begin(), found->end(), held) != found->end()) continue;
    found->push_back(held);
    AddMessages(held, of_spec, found);
  }
}

std::string ExperimentHelp(const EmbeddedFile& file) {
  Experiment spec;
  const bool readable = ParseTextproto(file.text, file.path, &spec).ok();
  return readable && spec.has_description() ? spec.description() : PresetHelp(file);
}

// One line a matrix: its cells, named by the first and the last of them. One that this program
// cannot expand, for want of a plugin, is left out; resolving one of its cells says why.
void AddMatrices(std::vector<PresetDoc>* presets) {
  const auto matrices = ListShippedMatrices();
  if (!matrices.ok()) return;
  for (const ShippedMatrix& matrix : *matrices) {
    presets->push_back({matrix.name,
                        absl::StrCat(matrix.description, ": ", matrix.cells.size(), " specs, ",
                                     matrix.cells.front().name, " to ", matrix.cells.back().name),
                        matrix.path});
  }
}

std::vector<DocumentedFile>& Files() {
  static auto* files = new std::vector<DocumentedFile>();
  return *files;
}

CategoryDoc DescribeFiles(const DocumentedFile& file) {
  CategoryDoc doc;
  doc.name = file.category;
  doc.presets_title = file.title;
  std::vector<const Descriptor*> messages = {file.type()};
  AddMessages(file.type(), /*of_spec=*/false, &messages);
  for (const Descriptor* type : messages)
    doc.messages.push_back({type->name(), DescribeFields(type)});
  for (const EmbeddedFile* shipped : ListEmbeddedFiles(file.category)) {
    doc.presets.push_back(
        {std::string(shipped->name), file.description(*shipped), std::string(shipped->path)});
  }
  return doc;
}

CategoryDoc DescribeExperiment() {
  CategoryDoc doc;
  doc.name = kExperiment;
  doc.presets_title = "shipped specs";
  std::vector<const Descriptor*> messages = {Experiment::descriptor()};
  AddMessages(Experiment::descriptor(), /*of_spec=*/true, &messages);
  // Held by plugins' configs alone.
  for (const Descriptor* type : {EncoderSpec::descriptor(), LossSpec::descriptor()}) {
    if (std::find(messages.begin(), messages.end(), type) == messages.end()) {
      messages.push_back(type);
    }
  }
  for (const Descriptor* type : messages)
    doc.messages.push_back({type->name(), DescribeFields(type)});
  for (const EmbeddedFile* file : ListEmbeddedFiles(kExperiment)) {
    doc.presets.push_back(
        {std::string(file->name), ExperimentHelp(*file), std::string(file->path)});
  }
  AddMatrices(&doc.presets);
  return doc;
}

}  // namespace

bool AddDocumentedFile(DocumentedFile file) {
  Files().push_back(std::move(file));
  return true;
}

const std::vector<DocumentedFile>& DocumentedFiles() { return Files(); }

CategoryDoc DescribeCategory(absl::string_view category) {
  if (category == kExperiment) return DescribeExperiment();
  for (const DocumentedFile& file : DocumentedFiles()) {
    if (file.category == category) return DescribeFiles(file);
  }
  CategoryDoc doc;
  doc.name = std::string(category);
  std::vector<const Descriptor*> messages;
  for (const PluginInfo* plugin : PluginCatalog::Get().List(category)) {
    const Descriptor* type = plugin->config_prototype->GetDescriptor();
    const PluginRule& rule = type->options().GetExtension(dfkd::plugin);
    doc.plugins.push_back({plugin->name, type->full_name(), plugin->source, rule.help(),
                           rule.paper(), rule.example(), DescribeFields(type)});
    AddMessages(type, /*of_spec=*/false, &messages);
  }
  for (const Descriptor* type : messages)
    doc.messages.push_back({type->name(), DescribeFields(type)});
  for (const EmbeddedFile* file : ListPresets(category)) {
    doc.presets.push_back({std::string(file->name), PresetHelp(*file), std::string(file->path)});
  }
  return doc;
}

}  // namespace dfkd
