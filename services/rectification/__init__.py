"""整改: what the inspected unit does about its problems, up to the signed closing report."""
