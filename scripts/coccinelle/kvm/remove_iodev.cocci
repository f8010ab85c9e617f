// SPDX-License-Identifier: GPL-2.0-only
///
/// Remove <kvm/iodev.h>, the API of one range a device, from files that do not
/// use it any more. Nothing changes if one does: what it uses is printed as
/// "left: FILE:LINE: name".
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes
//
// Keywords: kvm/iodev.h, kvm_io_device_ops, kvm_io_bus_register_dev
//

virtual patch

@script:python depends on patch@
@@
import re

# The declaration and the member of struct kvm_io_device are what is removed here.
OLD = re.compile(r"\b(?:kvm_iodevice_\w+|kvm_io_bus_(?:(?:un)?register_dev|get_dev|write_cookie)|"
                 r"struct\s+kvm_io_device_ops(?!\s*(?:\*\s*ops\s*)?;))\b")
left = False
for name in sorted(cocci.files()):
    with open(name, encoding="latin-1") as f:
        text = re.sub(r'/\*.*?\*/|/[/][^\n]*|"(?:\\.|[^"\\\n])*"',
                      lambda m: re.sub(r"[^\n]", " ", m.group()), f.read(), flags=re.S)
    for m in OLD.finditer(text):
        left = True
        print("left: %s:%d: %s" % (name, text.count("\n", 0, m.start()) + 1, " ".join(m.group().split())))
if left:
    cocci.exit()

@depends on patch@
@@
- #include <kvm/iodev.h>
+ #include <kvm/io_bus.h>

@depends on patch@
@@
- struct kvm_io_device_ops;

@depends on patch@
@@
  struct kvm_io_device {
    ...
-   const struct kvm_io_device_ops *ops;
    ...
  };
