#include "dfkd/inference/embed.h"

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "dfkd/core/any_config.h"
#include "dfkd/core/files.h"
#include "dfkd/core/set_override.h"
#include "dfkd/core/status.h"
#include "dfkd/encoders/embedding_table.h"
#include "dfkd/encoders/label_file.h"
#include "dfkd/experiments/command_line.h"
#include "dfkd/experiments/verbs/compute_flags.h"
#include "dfkd/experiments/verbs/output_file.h"
#include "dfkd/experiments/verbs/shared_flags.h"
#include "dfkd/inference/subject.h"
#include "gflags/gflags.h"

DECLARE_uint64(seed);
DEFINE_string(encoder, "", "a preset's or a plugin's name, see `list --category=encoder`");
DEFINE_string(prompt, "", "the sentence, with {} where the class name goes");
DEFINE_string(normalize, "", "auto (as the model's own files say), l2 or none");

namespace dfkd {
namespace {

using google::protobuf::FieldDescriptor;

// A flag that stands for a field of the encoder's config.
absl::Status PutFlag(const char* flag, const std::string& path, const std::string& value,
                     Subject* subject) {
  return Annotate(SetField(path, value, subject), absl::StrCat("--", flag));
}

absl::StatusOr<EncoderSpec> EncoderFromFlags(const std::vector<std::string>& sets) {
  Subject subject;
  DFKD_RETURN_IF_ERROR(PutFlag("encoder", "encoder", FLAGS_encoder, &subject));
  if (!FLAGS_weights.empty()) {
    DFKD_RETURN_IF_ERROR(PutFlag("weights", "encoder.weights", TextValue(FLAGS_weights), &subject));
  }
  if (!FLAGS_prompt.empty()) {
    DFKD_RETURN_IF_ERROR(PutFlag("prompt", "encoder.prompt", TextValue(FLAGS_prompt), &subject));
  }
  if (!FLAGS_normalize.empty()) {
    DFKD_RETURN_IF_ERROR(PutFlag("normalize", "encoder.normalize",
                                 absl::AsciiStrToUpper(FLAGS_normalize), &subject));
  }
  DFKD_RETURN_IF_ERROR(ApplySettings(sets, &subject));
  return subject.encoder();
}

// The files that the flags and the encoder's config name. Text that is no file is none.
std::vector<InputFile> InputsOf(const EncoderSpec& encoder) {
  std::vector<InputFile> inputs = {{"--labels", FLAGS_labels}};
  const std::unique_ptr<google::protobuf::Message> config = UnpackAny(encoder.config());
  if (config == nullptr) return inputs;
  std::vector<const FieldDescriptor*> fields;
  config->GetReflection()->ListFields(*config, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->is_repeated() || field->type() != FieldDescriptor::TYPE_STRING) continue;
    inputs.push_back({absl::StrCat("encoder.", field->name()),
                      config->GetReflection()->GetString(*config, field)});
  }
  return inputs;
}

absl::Status RunEmbed(const Invocation& invocation) {
  for (const char* flag : {"encoder", "labels", "output"}) {
    if (gflags::GetCommandLineFlagInfoOrDie(flag).current_value.empty()) {
      return ConfigError(absl::StrCat("embed needs --", flag, "=…; see `embed --help`"));
    }
  }
  DFKD_ASSIGN_OR_RETURN(const EncoderSpec encoder, EncoderFromFlags(invocation.sets));
  DFKD_RETURN_IF_ERROR(CheckOutputFile(FLAGS_output, InputsOf(encoder)));
  DFKD_ASSIGN_OR_RETURN(const std::vector<std::string> labels, ReadLabelFile(FLAGS_labels));
  DFKD_ASSIGN_OR_RETURN(const Compute compute, ComputeFromCommandLine());
  DFKD_ASSIGN_OR_RETURN(const EmbeddingTable table,
                        Embed(encoder, labels, FLAGS_seed, compute.precision));
  DFKD_RETURN_IF_ERROR(WriteEmbeddingTable(FileSystem::Posix(), FLAGS_output, table));
  std::cout << FLAGS_output << ": " << table.rows.size(0) << " rows of " << table.rows.size(1)
            << " numbers\n";
  return absl::OkStatus();
}

[[maybe_unused]] const bool added = AddVerb({
    .name = "embed",
    .usage = "embed --encoder=E --labels=FILE --output=F.safetensors",
    .summary = "Turns class names into rows and writes the table that the encoder \"table\" reads.",
    .details =
        "The rows are those that a run takes from the same encoder (encoders that draw, from "
        "--seed). The file holds the tensor \"embeddings\" [classes, dimensions] and, as metadata, "
        "the class names, the prompt and the encoder's whole config. A run takes it by "
        "--set=method.encoder=table --set=method.encoder.file=F, and refuses it where its class "
        "names or their order are not the teacher's. Encoders compute on the CPU.\n\n"
        "  dfkd embed --encoder=minilm --labels=classes.txt --output=rows.safetensors\n"
        "  dfkd embed --encoder=clip --weights=clip/model.safetensors "
        "--set=encoder.merges=clip/merges.txt --prompt='a photo of a {}' --normalize=l2 "
        "--labels=classes.txt --output=rows.safetensors",
    .flags = {"encoder", "weights", "labels", "prompt", "normalize", "output", "seed", "precision",
              "threads", "set"},
    .flag_help = {{"weights", "of the encoder, where its config's are not meant"},
                  {"output", "the table: a safetensors file"},
                  {"seed", "for encoders that draw: the seed of the run"},
                  {"set", "changes a field of the encoder: encoder.merges=FILE; repeatable"}},
    .run = RunEmbed,
});

}  // namespace
}  // namespace dfkd
