// SPDX-License-Identifier: GPL-2.0-only
int create(struct kvm *kvm)
{
	struct timer_chip *s = kzalloc(sizeof(*s), GFP_KERNEL);
	int ret;

	mutex_lock(&kvm->slots_lock);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x40, 4, &s->dev);
	mutex_unlock(&kvm->slots_lock);
	if (ret)
		goto free;

	ret = add_timer_irq(s);
	if (ret)
		goto free;

	return 0;

free:
	kfree(s);
	return ret;
}

void before(struct kvm *kvm, struct timer_chip *s)
{
	kfree(s);
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &s->dev);
}

static void leave(struct vcpu_chip *v)
{
	kvm_io_bus_unregister(v->kvm, &v->dev);
}

void state(struct vcpu_chip *v)
{
	struct chip_part *part = &v->part;

	kfree(part->irqs);
	leave(v);
}

void nobody(struct kvm_device *dev)
{
	struct timer_chip *s = dev->private;

	kfree(s);
	kfree(dev);
}
