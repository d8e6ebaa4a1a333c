# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion of memhpctl, which itself knows what fits: see memhpctl complete.
function __memhpctl_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    if set -l reply ($words[1] complete -- $words[2..-1] "$word" 2>/dev/null)
        printf '%s\n' $reply
    else
        set -l lead (string match -r -- '^--[^=]*=' "$word")
        for path in (__fish_complete_path (string replace -- "$lead" '' "$word"))
            echo "$lead$path"
        end
    end
end
complete -c memhpctl -f -a '(__memhpctl_complete)'
