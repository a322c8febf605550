// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/commands.hpp"
#include "cli/parser/command_line.hpp"

/// Commands that look after a server on its own host.
namespace fairlead::cli {

namespace {

void add_config(CLI::App& command, std::string& config) {
  command.add_option("--config", config, "Server file; default: the fairlead.yml found upwards from here")->type_name("F");
}

void add_backup(CommandLine& line) {
  struct BackupOptions {
    std::string config, file;
  };
  auto target = std::make_shared<BackupOptions>();
  CLI::App& backup_command = line.add("backup", "Copy the database to a file, while the server runs or not",
                                      {purpose::care, "fairlead backup /srv/backup/fairlead.db",
                                       [target](const Globals& globals) { return backup(globals, target->config, target->file); }});
  backup_command.add_option("FILE", target->file, "Must not exist yet")->required();
  add_config(backup_command, target->config);

  auto source = std::make_shared<RestoreOptions>();
  CLI::App& restore_command = line.add("restore", "Put a backup in place of the database; the server must be stopped",
                                       {purpose::care, "fairlead restore /srv/backup/fairlead.db --force",
                                        [source](const Globals& globals) { return restore(globals, *source); }});
  restore_command.add_option("FILE", source->source, "Made by `fairlead backup`")->required();
  restore_command.add_flag("--force", source->force, "Also when there is a database: it is kept beside the new one");
  add_config(restore_command, source->config);
}

void add_doctor_and_audit(CommandLine& line) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App& doctor_command =
      line.add("doctor", "Check everything a server needs, and say what to do",
               {purpose::care, "fairlead doctor", [options](const Globals& globals) { return doctor(globals, *options); }});
  doctor_command.add_flag("--rebuild", options->rebuild,
                          "Make the lists of runs and deployments anew from the log; the server must be stopped");
  add_config(doctor_command, options->config);

  CLI::App& group = line.add("audit", "The log of everything", {purpose::care, "", {}});
  auto config = std::make_shared<std::string>();
  add_config(line.add("verify", "Walk the hash chain of the log",
                      {"", "fairlead audit verify", [config](const Globals& globals) { return audit_verify(globals, *config); }}, &group),
             *config);
  add_config(
      line.add("export", "The whole log, one JSON object a line",
               {"", "fairlead audit export > audit.jsonl", [config](const Globals& globals) { return audit_export(globals, *config); }},
               &group),
      *config);
}

}  // namespace

void add_care_commands(CommandLine& line) {
  add_doctor_and_audit(line);
  add_backup(line);
}

}  // namespace fairlead::cli
